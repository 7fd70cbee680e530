/// `google.protobuf.Timestamp`: seconds and nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct Timestamp {
    /// Whole seconds.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Nanoseconds on top of them, 0 to 999,999,999.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}
