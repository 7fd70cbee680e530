//! Memory for very many small records that grow now and then and go one by one.
//!
//! ```text
//! block = 16 KiB, cut into cells of one size      sizes: 32, 40, 48 … 1,024 bytes; a larger record has a block of its own
//! ```
//! A record moves to a larger cell when it outgrows its own. A block of which no cell is in use is cut anew for whatever
//! size is asked for next, so that parcels that grow together leave no holes behind.

#[cfg(test)]
mod tests;

use core::ops::Range;

/// Bytes of a block that is cut into cells.
const BLOCK: usize = 1 << 14;
/// Cells grow in steps of this many bytes.
const STEP: usize = 8;
/// The smallest cell. No more of them fit a block than a handle can count.
const CELL_MIN: usize = 32;
/// The largest cell that shares its block with others.
const CELL_MAX: usize = 1 << 10;
/// A block of its own is a multiple of this many bytes.
const OWN_STEP: usize = 256;
/// The longest record.
pub(crate) const RECORD_MAX: usize = 65_533;

/// Blocks of which no cell is in use that are kept for whatever is asked for next.
const IDLE_MAX: usize = 16;

/// Bits of a handle that count the cells of a block.
const CELL_BITS: u32 = 10;
/// No block.
const NONE: u32 = u32::MAX;

/// Where a record stands until it is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handle(u32);

impl Handle {
    /// No record.
    pub(crate) const NONE: Self = Self(u32::MAX);

    fn new(block: u32, cell: u16) -> Self {
        Self(block.wrapping_shl(CELL_BITS) | u32::from(cell))
    }

    const fn block(self) -> u32 {
        self.0 >> CELL_BITS
    }

    fn cell(self) -> u16 {
        u16::try_from(self.0 & ((1 << CELL_BITS) - 1)).unwrap_or(0)
    }
}

/// A block and the list of free cells in it.
#[derive(Clone, Debug)]
struct Block {
    bytes: Box<[u8]>,
    /// Bytes of a cell; 0 for a block that is not in use.
    size: usize,
    /// Cells in use.
    live: u16,
    /// Cells that were ever in use.
    touched: u16,
    /// The first free cell among them and one; 0 for none.
    free: u16,
    /// Neighbours in the list of blocks of this size with room.
    before: u32,
    after: u32,
}

impl Block {
    fn cells(&self) -> u16 {
        u16::try_from(self.bytes.len().checked_div(self.size).unwrap_or(0)).unwrap_or(u16::MAX)
    }

    fn has_room(&self) -> bool {
        self.live < self.cells()
    }

    fn cell(&self, cell: u16) -> &[u8] {
        let start = usize::from(cell).saturating_mul(self.size);
        let end = start.saturating_add(self.size);
        self.bytes.get(start..end).unwrap_or_default()
    }

    fn cell_mut(&mut self, cell: u16) -> &mut [u8] {
        let start = usize::from(cell).saturating_mul(self.size);
        let end = start.saturating_add(self.size);
        self.bytes.get_mut(start..end).unwrap_or_default()
    }

    /// Takes a free cell, of which there is one.
    fn take(&mut self) -> u16 {
        self.live = self.live.saturating_add(1);
        match self.free.checked_sub(1) {
            Some(cell) => {
                self.free = self.next_free(cell);
                cell
            }
            None => {
                let cell = self.touched;
                self.touched = self.touched.saturating_add(1);
                cell
            }
        }
    }

    fn next_free(&self, cell: u16) -> u16 {
        self.cell(cell)
            .first_chunk()
            .map_or(0, |next| u16::from_le_bytes(*next))
    }

    fn give_back(&mut self, cell: u16) {
        self.live = self.live.saturating_sub(1);
        let next = self.free.to_le_bytes();
        if let Some(front) = self.cell_mut(cell).first_chunk_mut() {
            *front = next;
        }
        self.free = cell.saturating_add(1);
    }
}

/// All records.
#[derive(Clone, Debug)]
pub(crate) struct Slab {
    blocks: Vec<Block>,
    /// By size, the first block with room.
    with_room: Vec<u32>,
    /// Blocks that nobody uses: whole ones, and places of those that were given back.
    idle: Vec<u32>,
    vacant: Vec<u32>,
    /// A block that most records have left.
    sparse: Option<u32>,
    bytes: usize,
}

impl Default for Slab {
    fn default() -> Self {
        Self {
            blocks: Vec::new(),
            with_room: vec![NONE; CELL_MAX / STEP + 1],
            idle: Vec::new(),
            vacant: Vec::new(),
            sparse: None,
            bytes: 0,
        }
    }
}

impl Slab {
    /// Adds a record of at most [`RECORD_MAX`] bytes, in a cell that has room for `least`.
    pub(crate) fn insert(&mut self, record: &[u8], least: usize) -> Handle {
        let handle = self.room(record.len().max(least));
        self.write(handle, record);
        handle
    }

    /// A cell for a record of some length.
    fn room(&mut self, length: usize) -> Handle {
        match cell_for(length) {
            size @ ..=CELL_MAX => self.cell_of(size),
            size => self.own_block(size),
        }
    }

    /// Copies a record, with its length in front, to a cell that is as large or larger.
    fn copy(&mut self, from: Handle, to: Handle) {
        let length = self.get(from).len().saturating_add(2);
        if let Ok([old, new]) = self.blocks.get_disjoint_mut([index(from.block()), index(to.block())]) {
            let bytes = old.cell(from.cell()).get(..length).unwrap_or_default();
            if let Some(place) = new.cell_mut(to.cell()).get_mut(..length) {
                place.copy_from_slice(bytes);
            }
        } else {
            let record = self.get(from).to_vec();
            self.write(to, &record);
        }
    }

    /// Puts bytes in the place of some of a record, and others behind it; it may move.
    pub(crate) fn splice(&mut self, handle: Handle, place: Range<usize>, new: [&[u8]; 2], tail: &[u8]) -> Handle {
        let [front, back] = new.map(<[u8]>::len);
        let before = self.get(handle).len();
        let end = place.start.saturating_add(front).saturating_add(back);
        let behind = end.saturating_add(before.saturating_sub(place.end));
        let whole = behind.saturating_add(tail.len());
        let handle = if whole.saturating_add(2) <= self.size(handle) {
            handle
        } else {
            self.moved(handle, whole)
        };
        let cell = self.cell_mut(handle).get_mut(2..).unwrap_or_default();
        if end != place.end && place.end <= before {
            cell.copy_within(place.end..before, end);
        }
        let middle = place.start.saturating_add(front);
        for (start, bytes) in [(place.start, new[0]), (middle, new[1]), (behind, tail)] {
            if let Some(place) = cell.get_mut(start..start.saturating_add(bytes.len())) {
                place.copy_from_slice(bytes);
            }
        }
        put_length(self.cell_mut(handle), whole);
        if self.size(handle) > CELL_MAX {
            self.fit(handle)
        } else {
            handle
        }
    }

    /// Moves a record to the smallest cell that has room for it.
    pub(crate) fn fit(&mut self, handle: Handle) -> Handle {
        let length = self.get(handle).len();
        if cell_for(length) < self.size(handle) {
            self.moved(handle, length)
        } else {
            handle
        }
    }

    /// Moves a record to a cell for one of some length.
    fn moved(&mut self, handle: Handle, length: usize) -> Handle {
        let new = self.room(length);
        self.copy(handle, new);
        self.remove(handle);
        new
    }

    /// The bytes of a record.
    pub(crate) fn get(&self, handle: Handle) -> &[u8] {
        let bytes = || {
            let (length, rest) = self.block(handle)?.cell(handle.cell()).split_first_chunk()?;
            rest.get(..usize::from(u16::from_le_bytes(*length)))
        };
        bytes().unwrap_or_default()
    }

    /// Takes a record out.
    pub(crate) fn remove(&mut self, handle: Handle) {
        let Some(block) = self.block_mut(handle) else {
            return;
        };
        let (had_room, size) = (block.has_room(), block.size);
        block.give_back(handle.cell());
        let is_idle = block.live == 0;
        if size > CELL_MAX {
            self.free(handle.block());
        } else if is_idle {
            if had_room {
                self.unlink(handle.block(), size);
            }
            if self.idle.len() < IDLE_MAX {
                if let Some(block) = self.block_mut(handle) {
                    block.size = 0;
                }
                self.idle.push(handle.block());
            } else {
                self.free(handle.block());
            }
        } else if !had_room {
            self.link(handle.block(), size);
        } else if self.is_sparse(handle.block()) {
            self.sparse = Some(handle.block());
        }
    }

    /// Gives the memory of a block back.
    fn free(&mut self, number: u32) {
        if let Some(block) = self.blocks.get_mut(index(number)) {
            let freed = std::mem::take(&mut block.bytes);
            block.size = 0;
            self.bytes = self.bytes.saturating_sub(freed.len());
            self.vacant.push(number);
        }
    }

    /// The records of a block that most have left, each to be [relocated](Self::relocate); `None` where there is none.
    pub(crate) fn sparse(&mut self) -> Option<Vec<Handle>> {
        let number = self.sparse.take().filter(|number| self.is_sparse(*number))?;
        let block = self.blocks.get(index(number))?;
        let mut is_free = vec![false; usize::from(block.touched)];
        let mut next = block.free;
        while let Some(cell) = next.checked_sub(1) {
            if let Some(free) = is_free.get_mut(usize::from(cell)) {
                *free = true;
            }
            next = block.next_free(cell);
        }
        let live = (0_u16..).zip(is_free).filter(|(_, is_free)| !is_free);
        let handles = live.map(|(cell, _)| Handle::new(number, cell)).collect();
        // As long as another one has room, nothing is put into it meanwhile.
        let size = block.size;
        self.unlink(number, size);
        self.link_last(number, size);
        Some(handles)
    }

    /// Moves a record out of its block, to a cell of its size: room that it had is given back.
    pub(crate) fn relocate(&mut self, handle: Handle) -> Handle {
        self.moved(handle, self.get(handle).len())
    }

    /// Whether fewer than a quarter of a block's cells are in use and there is another block with room for cells of the size.
    fn is_sparse(&self, number: u32) -> bool {
        self.blocks.get(index(number)).is_some_and(|block| {
            let has_company = block.before != NONE || block.after != NONE;
            block.size > 0 && block.size <= CELL_MAX && block.live.saturating_mul(4) < block.cells() && has_company
        })
    }

    /// Puts a block behind the head of the list of its size.
    fn link_last(&mut self, number: u32, size: usize) {
        let head = self.with_room.get(size / STEP).copied().unwrap_or(NONE);
        let Some(after) = self
            .blocks
            .get_mut(index(head))
            .map(|first| std::mem::replace(&mut first.after, number))
        else {
            return self.link(number, size);
        };
        if let Some(block) = self.blocks.get_mut(index(number)) {
            (block.before, block.after) = (head, after);
        }
        if let Some(next) = self.blocks.get_mut(index(after)) {
            next.before = number;
        }
    }

    /// Bytes in use, free cells included.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
            .saturating_add(self.blocks.capacity().saturating_mul(size_of::<Block>()))
    }

    fn cell_of(&mut self, size: usize) -> Handle {
        let head = self.with_room.get(size / STEP).copied().unwrap_or(NONE);
        let number = if head == NONE {
            let number = self.idle.pop().unwrap_or_else(|| self.new_block(BLOCK));
            if let Some(block) = self.blocks.get_mut(index(number)) {
                (block.size, block.live, block.touched, block.free) = (size, 0, 0, 0);
            }
            self.link(number, size);
            number
        } else {
            head
        };
        let Some(block) = self.blocks.get_mut(index(number)) else {
            return Handle::new(number, 0);
        };
        let cell = block.take();
        if !block.has_room() {
            self.unlink(number, size);
        }
        Handle::new(number, cell)
    }

    fn own_block(&mut self, size: usize) -> Handle {
        let number = self.new_block(size);
        if let Some(block) = self.blocks.get_mut(index(number)) {
            (block.size, block.live, block.touched, block.free) = (size, 1, 1, 0);
        }
        Handle::new(number, 0)
    }

    fn new_block(&mut self, size: usize) -> u32 {
        if let Some(number) = self.vacant.pop() {
            if let Some(block) = self.blocks.get_mut(index(number)) {
                block.bytes = vec![0; size].into();
            }
            self.bytes = self.bytes.saturating_add(size);
            return number;
        }
        let number = u32::try_from(self.blocks.len()).unwrap_or(NONE);
        assert!(
            number < 1 << (32 - CELL_BITS),
            "64 GiB of parcels do not fit in one shard"
        );
        self.bytes = self.bytes.saturating_add(size);
        self.blocks.push(Block {
            bytes: vec![0; size].into(),
            size: 0,
            live: 0,
            touched: 0,
            free: 0,
            before: NONE,
            after: NONE,
        });
        number
    }

    fn write(&mut self, handle: Handle, record: &[u8]) {
        let cell = self.cell_mut(handle);
        put_length(cell, record.len());
        if let Some(place) = cell.get_mut(2..record.len().saturating_add(2)) {
            place.copy_from_slice(record);
        }
    }

    /// Puts a block at the head of the list of its size.
    fn link(&mut self, number: u32, size: usize) {
        let Some(head) = self.with_room.get_mut(size / STEP) else {
            return;
        };
        let after = std::mem::replace(head, number);
        if let Some(block) = self.blocks.get_mut(index(number)) {
            (block.before, block.after) = (NONE, after);
        }
        if let Some(next) = self.blocks.get_mut(index(after)) {
            next.before = number;
        }
    }

    /// Takes a block out of the list of its size.
    fn unlink(&mut self, number: u32, size: usize) {
        let Some(block) = self.blocks.get_mut(index(number)) else {
            return;
        };
        let (before, after) = (block.before, block.after);
        (block.before, block.after) = (NONE, NONE);
        match self.blocks.get_mut(index(before)) {
            Some(block) => block.after = after,
            None => {
                if let Some(head) = self.with_room.get_mut(size / STEP) {
                    *head = after;
                }
            }
        }
        if let Some(block) = self.blocks.get_mut(index(after)) {
            block.before = before;
        }
    }

    fn cell_mut(&mut self, handle: Handle) -> &mut [u8] {
        self.block_mut(handle)
            .map_or(&mut [], |block| block.cell_mut(handle.cell()))
    }

    /// Bytes of the cell of a record.
    fn size(&self, handle: Handle) -> usize {
        self.block(handle).map_or(0, |block| block.size)
    }

    fn block(&self, handle: Handle) -> Option<&Block> {
        self.blocks.get(index(handle.block()))
    }

    fn block_mut(&mut self, handle: Handle) -> Option<&mut Block> {
        self.blocks.get_mut(index(handle.block()))
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Bytes of the smallest cell for a record of some length.
const fn cell_for(length: usize) -> usize {
    let needed = length.saturating_add(2);
    if needed > CELL_MAX {
        needed.next_multiple_of(OWN_STEP)
    } else if needed > CELL_MIN {
        needed.next_multiple_of(STEP)
    } else {
        CELL_MIN
    }
}

fn put_length(cell: &mut [u8], length: usize) {
    if let Some(front) = cell.first_chunk_mut() {
        *front = u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes();
    }
}
