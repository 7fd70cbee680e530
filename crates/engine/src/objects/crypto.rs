//! Digests and signatures of requests, by the same crate as all others of ours.

use hmac::{Hmac, KeyInit as _, Mac as _};
use object_store::client::{CryptoProvider, DigestAlgorithm, DigestContext, HmacContext, Signer, SigningAlgorithm};
use object_store::{Error, Result};
use sha2::{Digest as _, Sha256};

/// SHA-256, and nothing else.
#[derive(Debug)]
pub(super) struct Digests;

#[derive(Default)]
struct Digesting {
    hash: Sha256,
    end: [u8; 32],
}

struct Authenticating {
    mac: Hmac<Sha256>,
    end: [u8; 32],
}

fn unsupported(what: &'static str) -> Error {
    Error::NotSupported { source: what.into() }
}

impl CryptoProvider for Digests {
    fn digest(&self, algorithm: DigestAlgorithm) -> Result<Box<dyn DigestContext>> {
        match algorithm {
            DigestAlgorithm::Sha256 => Ok(Box::new(Digesting::default())),
            _ => Err(unsupported("requests are digested by SHA-256")),
        }
    }

    fn hmac(&self, algorithm: DigestAlgorithm, secret: &[u8]) -> Result<Box<dyn HmacContext>> {
        let mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| unsupported("a key of this length"))?;
        match algorithm {
            DigestAlgorithm::Sha256 => Ok(Box::new(Authenticating { mac, end: [0; 32] })),
            _ => Err(unsupported("requests are signed by HMAC-SHA-256")),
        }
    }

    fn sign(&self, _: SigningAlgorithm, _: &[u8]) -> Result<Box<dyn Signer>> {
        Err(unsupported("no request to a bucket is signed by a private key"))
    }
}

impl DigestContext for Digesting {
    fn update(&mut self, data: &[u8]) {
        self.hash.update(data);
    }

    fn finish(&mut self) -> Result<&[u8]> {
        self.end = std::mem::take(&mut self.hash).finalize().into();
        Ok(&self.end)
    }
}

impl HmacContext for Authenticating {
    fn update(&mut self, data: &[u8]) {
        self.mac.update(data);
    }

    fn finish(&mut self) -> Result<&[u8]> {
        self.end = self.mac.clone().finalize().into_bytes().into();
        Ok(&self.end)
    }
}
