//! The import section of a WebAssembly module.

use anyhow::Context as _;

const MAGIC: &[u8] = b"\0asm\x01\0\0\0";
const IMPORT_SECTION: u8 = 2;

/// The first thing that a module asks its host for, as `MODULE.NAME`. One is enough to refuse the module.
pub(super) fn first(module: &[u8]) -> anyhow::Result<Option<String>> {
    let mut rest = Reader(
        module
            .strip_prefix(MAGIC)
            .context("not a WebAssembly module, version 1")?,
    );
    while !rest.0.is_empty() {
        let section = rest.byte()?;
        let size = rest.number()?;
        let mut content = Reader(rest.bytes(size)?);
        if section == IMPORT_SECTION && content.number()? > 0 {
            let (module, name) = (content.name()?, content.name()?);
            return Ok(Some(format!("{module}.{name}")));
        }
    }
    Ok(None)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> anyhow::Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).context("the module ends early")?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> anyhow::Result<u8> {
        Ok(self.bytes(1)?[0])
    }

    /// An unsigned number, seven bits a byte, lowest first.
    fn number(&mut self) -> anyhow::Result<usize> {
        let mut number = 0;
        for shift in (0..u32::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        anyhow::bail!("a number is longer than 32 bits")
    }

    fn name(&mut self) -> anyhow::Result<&'a str> {
        let size = self.number()?;
        Ok(std::str::from_utf8(self.bytes(size)?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(sections: &[u8]) -> Vec<u8> {
        [MAGIC, sections].concat()
    }

    #[test]
    fn a_module_without_an_import_section_imports_nothing() {
        assert_eq!(first(&module(b"\x01\x02\xff\xff")).unwrap(), None);
    }

    #[test]
    fn an_import_is_named() {
        let sections = b"\x01\x01\x00\x02\x0b\x01\x03env\x03now\x00\x00";
        assert_eq!(first(&module(sections)).unwrap().as_deref(), Some("env.now"));
    }

    #[test]
    fn what_is_no_module_is_an_error() {
        assert!(first(b"\x7fELF").is_err());
        assert!(first(&module(b"\x02\xff")).is_err());
    }
}
