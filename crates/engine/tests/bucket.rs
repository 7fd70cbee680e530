//! Snapshots in a bucket, against a real implementation of S3 that can be told to misbehave.

use std::path::PathBuf;
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use sanbai_engine::objects::{BucketError, BucketSettings, Objects};
use sanbai_engine::store::{Store as _, StoreError};
use sanbai_rig::{Bucket, Manner};
use tokio::runtime::Runtime;

/// Nothing takes longer than this, or it never comes.
const PATIENCE: Duration = Duration::from_secs(60);

/// However a bucket misbehaves, whoever asks is told after so long.
const TOLD_MOST: Duration = Duration::from_secs(7);

/// Whoever asks a bucket of which it is known that it does not answer waits no longer than that.
const AT_ONCE: Duration = Duration::from_millis(500);

fn runtime() -> Runtime {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(1).enable_all().build().expect("a runtime")
}

fn settings(bucket: &Bucket) -> BucketSettings {
    BucketSettings {
        bucket: Bucket::NAME.to_owned(),
        prefix: "district/7".to_owned(),
        endpoint: Some(bucket.endpoint()),
        region: "us-east-1".to_owned(),
        access_key: Bucket::ACCESS_KEY.to_owned(),
        secret_key: Bucket::SECRET_KEY.to_owned(),
        in_path: true,
        ca: None,
        rows_most: Duration::from_secs(3),
    }
}

fn objects(bucket: &Bucket, runtime: &Runtime) -> Objects {
    Objects::bucket(&settings(bucket), runtime.handle().clone()).expect("objects")
}

fn wait(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "it never comes: {what}");
        park_timeout(Duration::from_millis(20));
    }
}

/// Where an object lies.
fn file(bucket: &Bucket, name: &str) -> PathBuf {
    bucket.objects().join("district/7").join(name)
}

#[test]
fn objects_are_written_read_listed_and_deleted() {
    let (bucket, runtime) = (Bucket::start().expect("a bucket"), runtime());
    let mut objects = objects(&bucket, &runtime);
    objects.self_test().expect("the bucket is right");
    assert!(!file(&bucket, "probe").join("x").exists());
    assert_eq!(objects.list("parcel/0001/00000/"), Ok(Vec::new()));
    assert_eq!(objects.get("parcel/0001/00000/7.rows"), Err(StoreError::NotFound));
    let rows: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    let made = rows.clone();
    let writing = objects.begin("parcel/0001/00000/7.rows", Box::new(move || made));
    wait("it is written", || match objects.written(writing) {
        None => false,
        Some(written) => {
            assert_eq!(written, Ok(()));
            true
        }
    });
    for name in ["parcel/0001/00000/8.rows", "parcel/0001/00001/9.rows", "parcel/other"] {
        objects.put(name, name.as_bytes().to_vec()).expect("written");
    }
    let names = ["parcel/0001/00000/7.rows", "parcel/0001/00000/8.rows"].map(str::to_owned);
    assert_eq!(objects.list("parcel/0001/00000/"), Ok(names.to_vec()));
    assert_eq!(objects.get("parcel/0001/00000/7.rows"), Ok(rows));
    objects
        .put("parcel/0001/00000/8.rows", b"again".to_vec())
        .expect("written");
    assert_eq!(objects.get("parcel/0001/00000/8.rows"), Ok(b"again".to_vec()));
    objects.delete("parcel/0001/00000/7.rows").expect("deleted");
    objects
        .delete("parcel/0001/00000/7.rows")
        .expect("is not there any more");
    assert_eq!(objects.get("parcel/0001/00000/7.rows"), Err(StoreError::NotFound));
    assert!(file(&bucket, "parcel/0001/00000/8.rows").is_file(), "below the prefix");
    assert_eq!(objects.failures(), 0);
}

#[test]
fn a_list_of_more_than_a_thousand_names_is_whole() {
    let (bucket, runtime) = (Bucket::start().expect("a bucket"), runtime());
    let mut objects = objects(&bucket, &runtime);
    objects.put("parcel/0001/00000/0000.rows", Vec::new()).expect("written");
    let names: Vec<String> = (0..1_234)
        .map(|number| format!("parcel/0001/00000/{number:04}.rows"))
        .collect();
    for name in &names {
        std::fs::write(file(&bucket, name), b"rows").expect("written");
    }
    let before = bucket.requests();
    assert_eq!(objects.list("parcel/0001/00000/"), Ok(names));
    assert_eq!(bucket.requests() - before, 2, "it comes in two pages");
}

#[test]
fn over_tls_a_certificate_must_be_trusted() {
    let (bucket, runtime) = (Bucket::start_secure().expect("a bucket"), runtime());
    let strange = objects(&bucket, &runtime)
        .self_test()
        .expect_err("nobody vouches for it");
    assert!(
        matches!(&strange, BucketError::Unavailable(why) if why.contains("certificate")),
        "{strange}"
    );
    let mut settings = settings(&bucket);
    settings.ca = Some(bucket.ca());
    let objects = Objects::bucket(&settings, runtime.handle().clone()).expect("objects");
    objects.self_test().expect("it is trusted now");
    settings.endpoint = Some(bucket.endpoint().replace("localhost", "127.0.0.1"));
    let objects = Objects::bucket(&settings, runtime.handle().clone()).expect("objects");
    objects.self_test().expect_err("the certificate is for another name");
}

#[test]
fn who_may_not_use_it_is_told_so() {
    let (bucket, runtime) = (Bucket::start().expect("a bucket"), runtime());
    let told = |change: &dyn Fn(&mut BucketSettings)| {
        let mut settings = settings(&bucket);
        change(&mut settings);
        let objects = Objects::bucket(&settings, runtime.handle().clone()).expect("objects");
        let error = objects.self_test().expect_err("it is wrong");
        assert!(!error.to_string().contains("SECRET"), "{error}");
        error
    };
    let wrong = [
        told(&|settings| settings.secret_key = "SECRET-of-somebody-else".to_owned()),
        told(&|settings| settings.access_key = "nobody".to_owned()),
    ];
    for error in wrong {
        assert!(matches!(error, BucketError::Refuses(_)), "{error}");
    }
    bucket.be(Manner::Errors);
    assert!(matches!(told(&|_| {}), BucketError::Unavailable(_)));
    bucket.be(Manner::Silent);
    let asked = Instant::now();
    assert!(matches!(told(&|_| {}), BucketError::Unavailable(_)));
    assert!(asked.elapsed() < TOLD_MOST, "{:?}", asked.elapsed());
}

#[test]
fn a_bucket_that_does_not_answer_holds_nobody_up_and_is_asked_again() {
    let (bucket, runtime) = (Bucket::start().expect("a bucket"), runtime());
    for manner in [
        Manner::Away,
        Manner::Silent,
        Manner::Errors,
        Manner::Slow(Duration::from_secs(20)),
    ] {
        let mut objects = objects(&bucket, &runtime);
        objects
            .put("parcel/0001/00000/7.rows", b"seven".to_vec())
            .expect("written");
        bucket.be(manner);
        let asked = Instant::now();
        assert_eq!(objects.list("parcel/0001/00000/"), Err(StoreError::Unavailable));
        assert!(asked.elapsed() < TOLD_MOST, "{manner:?}: {:?}", asked.elapsed());
        assert_eq!(
            objects.put("parcel/0001/00000/8.manifest", Vec::new()),
            Err(StoreError::Unavailable)
        );
        assert!(objects.is_away() && objects.is_busy(), "nothing is begun meanwhile");
        let (asked, before) = (Instant::now(), bucket.requests());
        for _ in 0..1_000 {
            assert_eq!(objects.list("parcel/0001/00000/"), Err(StoreError::Unavailable));
            assert_eq!(objects.get("parcel/0001/00000/7.rows"), Err(StoreError::Unavailable));
            assert_eq!(
                objects.put("parcel/0001/00000/8.manifest", Vec::new()),
                Err(StoreError::Unavailable)
            );
        }
        assert!(asked.elapsed() < AT_ONCE, "{manner:?}: {:?}", asked.elapsed());
        assert!(bucket.requests() - before < 5, "it is not asked each time");
        let unanswered = objects.unanswered().expect("it does not answer");
        assert!(
            !unanswered.reason.is_empty() && !unanswered.reason.contains("SECRET"),
            "{unanswered:?}"
        );
        bucket.be(Manner::Well);
        let names = ["parcel/0001/00000/7.rows".to_owned()];
        wait("it is read again", || {
            objects.list("parcel/0001/00000/") == Ok(names.to_vec())
        });
        wait("it is written again", || {
            objects.put("parcel/0001/00000/8.manifest", Vec::new()).is_ok()
        });
        objects.delete("parcel/0001/00000/8.manifest").expect("deleted");
        assert_eq!(objects.unanswered(), None);
    }
}

#[test]
fn an_answer_that_breaks_off_is_no_object() {
    let (bucket, runtime) = (Bucket::start().expect("a bucket"), runtime());
    let mut objects = objects(&bucket, &runtime);
    objects
        .put("parcel/0001/00000/7.rows", vec![7; 100_000])
        .expect("written");
    bucket.be(Manner::BreaksOff);
    assert_eq!(objects.get("parcel/0001/00000/7.rows"), Err(StoreError::Unavailable));
    bucket.be(Manner::Well);
    wait("it is read again", || {
        objects.get("parcel/0001/00000/7.rows") == Ok(vec![7; 100_000])
    });
}
