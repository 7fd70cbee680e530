//! Benches of each stage: `cargo bench --package sanbai-benches`. What a whole `check` costs: `benches/check.py`.
