//! A certificate for `localhost`, made anew each time, and the server's side of TLS with it.

use std::io::{Error, Result};
use std::pin::Pin;

use openssl::asn1::Asn1Time;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{Ssl, SslAcceptor, SslMethod};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

/// A key with its certificate.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    certificate: X509,
    key: PKey<Private>,
}

impl Tls {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self::made()?)
    }

    fn made() -> std::result::Result<Self, ErrorStack> {
        let key = PKey::from_rsa(Rsa::generate(2_048)?)?;
        let mut name = X509NameBuilder::new()?;
        name.append_entry_by_text("CN", "localhost")?;
        let name = name.build();
        let mut certificate = X509::builder()?;
        certificate.set_version(2)?;
        certificate.set_subject_name(&name)?;
        certificate.set_issuer_name(&name)?;
        certificate.set_pubkey(&key)?;
        certificate.set_not_before(Asn1Time::days_from_now(0)?.as_ref())?;
        certificate.set_not_after(Asn1Time::days_from_now(1)?.as_ref())?;
        certificate.append_extension(BasicConstraints::new().ca().build()?)?;
        let names = SubjectAlternativeName::new()
            .dns("localhost")
            .build(&certificate.x509v3_context(None, None))?;
        certificate.append_extension(names)?;
        certificate.sign(&key, MessageDigest::sha256())?;
        Ok(Self {
            certificate: certificate.build(),
            key,
        })
    }

    /// The certificate, in PEM.
    pub(crate) fn certificate(&self) -> Result<Vec<u8>> {
        Ok(self.certificate.to_pem()?)
    }

    pub(crate) async fn accept(&self, stream: TcpStream) -> Result<SslStream<TcpStream>> {
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
        acceptor.set_private_key(&self.key)?;
        acceptor.set_certificate(&self.certificate)?;
        let ssl = Ssl::new(acceptor.build().context())?;
        let mut stream = SslStream::new(ssl, stream)?;
        Pin::new(&mut stream).accept().await.map_err(Error::other)?;
        Ok(stream)
    }
}
