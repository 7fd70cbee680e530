//! What the schemas say now, reduced to what must not change.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use protox::prost_reflect::prost_types::field_descriptor_proto::Label;
use protox::prost_reflect::prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet,
};

/// By full name, messages and enums alike.
pub(super) type Schema = BTreeMap<String, Message>;

/// A message or an enum.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// By number.
    pub(super) entries: BTreeMap<i32, Entry>,
    pub(super) reserved_names: BTreeSet<String>,
    reserved_numbers: Vec<RangeInclusive<i32>>,
}

impl Message {
    pub(super) fn reserves(&self, number: i32) -> bool {
        self.reserved_numbers.iter().any(|range| range.contains(&number))
    }
}

/// A field or an enum value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    /// Label, type and oneof of a field; `value` of an enum value.
    pub(super) shape: String,
}

/// The schemas of this repository. What they import from elsewhere is not ours to keep.
pub(super) fn read(schemas: &FileDescriptorSet) -> Schema {
    let mut schema = Schema::new();
    for file in schemas
        .file
        .iter()
        .filter(|file| !file.package().starts_with("google."))
    {
        for message in &file.message_type {
            add_message(&mut schema, file.package(), message);
        }
        for enumeration in &file.enum_type {
            add_enum(&mut schema, file.package(), enumeration);
        }
    }
    schema
}

fn add_message(schema: &mut Schema, scope: &str, message: &DescriptorProto) {
    let name = format!("{scope}.{}", message.name());
    for nested in &message.nested_type {
        add_message(schema, &name, nested);
    }
    for enumeration in &message.enum_type {
        add_enum(schema, &name, enumeration);
    }
    let fields = message.field.iter();
    let ranges = message.reserved_range.iter();
    let read = Message {
        entries: fields.map(|field| (field.number(), entry(message, field))).collect(),
        reserved_names: message.reserved_name.iter().cloned().collect(),
        // The end of a range is exclusive in a message and inclusive in an enum.
        reserved_numbers: ranges
            .map(|range| range.start()..=range.end().saturating_sub(1))
            .collect(),
    };
    schema.insert(name, read);
}

fn add_enum(schema: &mut Schema, scope: &str, enumeration: &EnumDescriptorProto) {
    let values = enumeration.value.iter();
    let ranges = enumeration.reserved_range.iter();
    let read = Message {
        entries: values
            .map(|value| {
                (
                    value.number(),
                    Entry {
                        name: value.name().to_owned(),
                        shape: "value".to_owned(),
                    },
                )
            })
            .collect(),
        reserved_names: enumeration.reserved_name.iter().cloned().collect(),
        reserved_numbers: ranges.map(|range| range.start()..=range.end()).collect(),
    };
    schema.insert(format!("{scope}.{}", enumeration.name()), read);
}

fn entry(message: &DescriptorProto, field: &FieldDescriptorProto) -> Entry {
    let kind = match field.type_name() {
        "" => field.r#type().as_str_name().trim_start_matches("TYPE_").to_lowercase(),
        name => name.trim_start_matches('.').to_owned(),
    };
    let oneof = field
        .oneof_index
        .and_then(|index| message.oneof_decl.get(usize::try_from(index).ok()?));
    let shape = match oneof {
        _ if field.label() == Label::Repeated => format!("repeated {kind}"),
        // The compiler puts an `optional` field into a oneof of its own.
        _ if field.proto3_optional() => format!("optional {kind}"),
        Some(oneof) => format!("{kind} in {}", oneof.name()),
        None => kind,
    };
    Entry {
        name: field.name().to_owned(),
        shape,
    }
}
