//! What brokers say of topics: their ids, and how many partitions they have.
//!
//! The one place with unsafe code: the client's binding has no call for this yet, and without the id a topic that was deleted
//! and created anew looks like the old one. Everything that is made here is destroyed here, also where it fails.
#![expect(unsafe_code, reason = "librdkafka's DescribeTopics has no safe binding; see above")]

use std::ffi::{CStr, CString, c_char};
use std::ptr;
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::bindings as c;
use rdkafka::client::Client;

/// What is known of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Description {
    /// Its name.
    pub(super) name: String,
    /// Its id, and how many partitions it has; `None` where there is no such topic.
    pub(super) found: Option<(String, u32)>,
}

/// Destroys something of librdkafka when it goes.
struct Owned<T>(*mut T, unsafe extern "C" fn(*mut T));

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: made by librdkafka, owned by nobody else, and destroyed once, here.
            unsafe { (self.1)(self.0) }
        }
    }
}

/// Asks for topics by name. `None` where no broker answers in time, or the answer is none.
pub(super) fn topics<C: ClientContext>(
    client: &Client<C>,
    names: &[String],
    most: Duration,
) -> Option<Vec<Description>> {
    let names: Vec<CString> = names
        .iter()
        .filter_map(|name| CString::new(name.as_str()).ok())
        .collect();
    let mut pointers: Vec<*const c_char> = names.iter().map(|name| name.as_ptr()).collect();
    let millis = i32::try_from(most.as_millis()).unwrap_or(i32::MAX);
    let rk = client.native_ptr();
    // SAFETY: `rk` lives as long as `client`; the names outlive the collection, which copies them; the queue and the options
    // are destroyed after the event that came from them, for what is declared last is dropped first.
    unsafe {
        let queue = Owned(c::rd_kafka_queue_new(rk), c::rd_kafka_queue_destroy);
        let api = c::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS;
        let options = Owned(c::rd_kafka_AdminOptions_new(rk, api), c::rd_kafka_AdminOptions_destroy);
        let collection = c::rd_kafka_TopicCollection_of_topic_names(pointers.as_mut_ptr(), pointers.len());
        let collection = Owned(collection, c::rd_kafka_TopicCollection_destroy);
        if queue.0.is_null() || options.0.is_null() || collection.0.is_null() {
            return None;
        }
        c::rd_kafka_AdminOptions_set_request_timeout(options.0, millis, ptr::null_mut(), 0);
        c::rd_kafka_DescribeTopics(rk, collection.0, options.0, queue.0);
        let event = Owned(c::rd_kafka_queue_poll(queue.0, millis), c::rd_kafka_event_destroy);
        if event.0.is_null() || c::rd_kafka_event_error(event.0) != c::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
            return None;
        }
        let result = c::rd_kafka_event_DescribeTopics_result(event.0);
        if result.is_null() {
            return None;
        }
        let mut count = 0;
        let first = c::rd_kafka_DescribeTopics_result_topics(result, &raw mut count);
        let topics = if first.is_null() {
            &[]
        } else {
            std::slice::from_raw_parts(first, count)
        };
        Some(topics.iter().filter_map(|topic| description(*topic)).collect())
    }
}

/// Reads one topic of an answer.
///
/// # Safety
/// `topic` must be one of a living answer.
unsafe fn description(topic: *const c::rd_kafka_TopicDescription_t) -> Option<Description> {
    // SAFETY: what these give lives as long as the answer; it is copied here.
    unsafe {
        let name = text(c::rd_kafka_TopicDescription_name(topic))?;
        let error = c::rd_kafka_TopicDescription_error(topic);
        let code = c::rd_kafka_error_code(error);
        match code {
            c::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => {
                let id = c::rd_kafka_TopicDescription_topic_id(topic);
                let id = if id.is_null() {
                    None
                } else {
                    text(c::rd_kafka_Uuid_base64str(id))
                };
                let mut partitions = 0;
                c::rd_kafka_TopicDescription_partitions(topic, &raw mut partitions);
                let partitions = u32::try_from(partitions).unwrap_or(u32::MAX);
                Some(Description {
                    name,
                    found: Some((id.unwrap_or_default(), partitions)),
                })
            }
            c::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART => Some(Description { name, found: None }),
            _ => None,
        }
    }
}

/// Copies a text.
///
/// # Safety
/// `text` must be null, or end with a zero byte.
unsafe fn text(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not null, and ends with a zero byte, says the caller.
    Some(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}
