//! Forms with files (`multipart/form-data`), read for both faces within bounds; and the files, where they wait for the
//! resolver that asks for them.
//!
//! The value of an `Upload` is a file's place in the form: a client that makes one up reaches only files of its own.

use std::collections::HashMap;

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use bytes::Bytes;
use futures_util::Stream;
use multer::{Constraints, Multipart, SizeLimit};

/// The largest file, in bytes: more than any list of items that is taken has.
pub const LARGEST_FILE: usize = 5 * 1024 * 1024;
/// The longest text of a form, and all that is not the file together, in bytes.
const LARGEST_TEXT: usize = 256 * 1024;
/// So many parts a form may have.
const MOST_PARTS: usize = 16;

/// A file that came with a request, whole in memory.
#[derive(Clone, Debug)]
pub struct File {
    /// The name it had where it came from.
    pub name: String,
    /// What is in it.
    pub content: Bytes,
}

/// Which of the request's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upload(usize);

const PREFIX: &str = "file ";

impl Upload {
    /// The value of a variable that stands for the file at this place of the form.
    #[must_use]
    pub fn variable(place: usize) -> serde_json::Value {
        format!("{PREFIX}{place}").into()
    }

    /// The file, if the request came with it.
    #[must_use]
    pub fn of(self, files: &[File]) -> Option<&File> {
        files.get(self.0)
    }
}

/// A file of the same request, sent as the GraphQL multipart request specification says.
///
/// In the variables it is null; the part `map` says which part of the form stands in its place. At most 5 MB.
#[Scalar(name = "Upload")]
impl ScalarType for Upload {
    fn parse(value: Value) -> InputValueResult<Self> {
        let place = match &value {
            Value::String(text) => text.strip_prefix(PREFIX).and_then(|place| place.parse().ok()),
            _ => None,
        };
        let problem = "a file is sent as a part of a multipart request";
        place.map(Upload).ok_or_else(|| InputValueError::custom(problem))
    }

    fn to_value(&self) -> Value {
        Value::Null
    }
}

/// A form that was read.
#[derive(Debug, Default)]
pub struct Form {
    /// The parts without a file name, by their names.
    pub texts: HashMap<String, String>,
    /// The names of the parts with files, in the order of `files`.
    pub names: Vec<String>,
    /// The files.
    pub files: Vec<File>,
}

/// Why a form could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is none by its content type.
    NoForm,
    /// A part, or all of it, is too large, or there are too many parts.
    TooLarge,
    /// It is no form by its content, or broke off.
    Broken,
}

impl From<multer::Error> for Unread {
    fn from(error: multer::Error) -> Unread {
        match error {
            multer::Error::FieldSizeExceeded { .. } | multer::Error::StreamSizeExceeded { .. } => {
                Unread::TooLarge
            }
            _ => Unread::Broken,
        }
    }
}

impl Form {
    /// Reads a form. `content_type` is the request's header.
    ///
    /// # Errors
    /// [`Unread`] says why not; nothing beyond the bounds was kept in memory.
    pub async fn read<E>(
        content_type: &str,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<Form, Unread>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        let boundary = multer::parse_boundary(content_type).map_err(|_| Unread::NoForm)?;
        let size = (LARGEST_FILE + LARGEST_TEXT) as u64;
        let limit = SizeLimit::new().whole_stream(size).per_field(LARGEST_FILE as u64);
        let constraints = Constraints::new().size_limit(limit);
        let mut parts = Multipart::with_constraints(body, boundary, constraints);
        let mut form = Form::default();
        while let Some(part) = parts.next_field().await? {
            if form.texts.len() + form.files.len() == MOST_PARTS {
                return Err(Unread::TooLarge);
            }
            let name = part.name().unwrap_or_default().to_owned();
            match part.file_name().map(str::to_owned) {
                Some(file) => {
                    let content = part.bytes().await?;
                    // What a browser sends of a field where no file was chosen.
                    if !file.is_empty() || !content.is_empty() {
                        form.files.push(File { name: file, content });
                        form.names.push(name);
                    }
                }
                None => {
                    let text = part.bytes().await?;
                    if text.len() > LARGEST_TEXT {
                        return Err(Unread::TooLarge);
                    }
                    let text = String::from_utf8(text.into()).map_err(|_| Unread::Broken)?;
                    form.texts.insert(name, text);
                }
            }
        }
        Ok(form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    async fn read(body: &[u8]) -> Result<Form, Unread> {
        let chunks: Vec<Result<Bytes, Infallible>> =
            body.chunks(1_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        Form::read("multipart/form-data; boundary=b", futures_util::stream::iter(chunks)).await
    }

    fn part(head: &str, body: &str) -> String {
        format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n")
    }

    #[tokio::test]
    async fn texts_and_files_are_told_apart_by_the_file_name() {
        let body =
            part("name=\"map\"", "{}") + &part("name=\"0\"; filename=\"items.csv\"", "a,b") + "--b--\r\n";
        let form = read(body.as_bytes()).await.unwrap();
        assert_eq!(form.texts["map"], "{}");
        assert_eq!(form.names, ["0"]);
        assert_eq!((form.files[0].name.as_str(), &form.files[0].content[..]), ("items.csv", &b"a,b"[..]));
    }

    #[tokio::test]
    async fn what_is_too_large_too_many_or_no_form_is_refused() {
        let large = part("name=\"0\"; filename=\"a\"", &"x".repeat(LARGEST_FILE + 1)) + "--b--\r\n";
        assert_eq!(read(large.as_bytes()).await.unwrap_err(), Unread::TooLarge);
        let text = part("name=\"operations\"", &"x".repeat(LARGEST_TEXT + 1)) + "--b--\r\n";
        assert_eq!(read(text.as_bytes()).await.unwrap_err(), Unread::TooLarge);
        let file = part("name=\"0\"; filename=\"a\"", "");
        assert_eq!(read((file.repeat(17) + "--b--\r\n").as_bytes()).await.unwrap_err(), Unread::TooLarge);
        assert_eq!(read(file.as_bytes()).await.unwrap_err(), Unread::Broken);
        assert_eq!(read(b"").await.unwrap_err(), Unread::Broken);
        let other =
            Form::read("application/json", futures_util::stream::empty::<Result<Bytes, Infallible>>());
        assert_eq!(other.await.unwrap_err(), Unread::NoForm);
    }

    #[test]
    fn a_made_up_file_is_none_of_the_request() {
        let files = [File { name: "a".to_owned(), content: Bytes::new() }];
        let upload = |text: &str| <Upload as ScalarType>::parse(Value::from(text)).ok();
        assert!(upload("file 0").unwrap().of(&files).is_some());
        assert!(upload("file 1").unwrap().of(&files).is_none());
        for text in
            ["", "file", "file ", "file -1", "file x", "file 99999999999999999999999", "0", "items.csv"]
        {
            assert_eq!(upload(text), None, "{text}");
        }
    }
}
