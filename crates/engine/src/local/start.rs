//! Opening: finds the segments of each partition, and where its last one ends.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::directory::{Directory, OpenError};
use super::disk::Disk;
use super::frame::HEAD;
use super::partition::Partition;
use super::scan;
use super::segment::Segment;
use super::settings::LocalSettings;
use crate::log::Topic;

/// All partitions, in the order of their lanes.
pub(super) fn partitions(
    directory: &Directory,
    settings: &LocalSettings,
    disk: &dyn Disk,
) -> Result<Vec<Arc<Partition>>, OpenError> {
    let mut partitions = Vec::new();
    for topic in Topic::ALL {
        for number in 0..directory.layout.partitions(topic) {
            let folder = directory.folder(topic, number);
            let (segments, end) = segments(&folder, directory.salt, disk)?;
            let place = (topic, number);
            let partition = Partition::new(place, folder, segments, end, settings.recent_bytes);
            partitions.push(Arc::new(partition));
        }
    }
    Ok(partitions)
}

/// The segments of a partition, and the first offset that is not there yet.
fn segments(folder: &Path, salt: u32, disk: &dyn Disk) -> Result<(Vec<Arc<Segment>>, u64), OpenError> {
    let missing = || OpenError::Missing {
        path: folder.to_owned(),
    };
    if !folder.exists() {
        return Err(missing());
    }
    let io = || OpenError::io(folder);
    let mut segments = Vec::new();
    for entry in fs::read_dir(folder).map_err(io())? {
        let entry = entry.map_err(io())?;
        let path = entry.path();
        let Some(base) = base_of(&path) else {
            // Was never used.
            if path.extension().is_some_and(|end| end == "new") {
                disk.remove(&path).map_err(io())?;
            }
            continue;
        };
        segments.push((base, path, entry.metadata().map_err(io())?.len()));
    }
    segments.sort();
    let (base, path, length) = segments.pop().ok_or_else(missing)?;
    let bytes = fs::read(&path).map_err(OpenError::io(&path))?;
    let scan = scan::last(&bytes, base, salt);
    let file = disk.open(&path).map_err(OpenError::io(&path))?;
    // The mark stays: it alone may prove that there is damage before it.
    let kept = scan.end + if scan.is_marked { HEAD as u64 } else { 0 };
    if length > kept {
        disk.cut(&file, kept).map_err(OpenError::io(&path))?;
    }
    // What was written and never made safe is safe before anybody reads it.
    disk.sync(&file).map_err(OpenError::io(&path))?;
    let end = scan.next;
    let old = segments.into_iter();
    let mut segments: Vec<Arc<Segment>> = old
        .map(|(base, path, length)| Arc::new(Segment::new(base, path, length)))
        .collect();
    segments.push(Arc::new(Segment::scanned(base, path, scan)));
    Ok((segments, end))
}

/// The offset in the name of a segment.
fn base_of(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?.strip_suffix(".log")?;
    (name.len() == 20).then(|| name.parse().ok()).flatten()
}
