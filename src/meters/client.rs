//! Who calls the REST paths, told apart as far as an operator who retires an old path needs it.

use std::sync::{Arc, PoisonError, RwLock};

/// So many products are told apart; clients choose their names.
const MOST: usize = 20;
/// The longest name of a product.
const LONGEST: usize = 32;

/// The products that were seen.
#[derive(Debug, Default)]
pub struct Clients(RwLock<Vec<Arc<str>>>);

impl Clients {
    /// The product of a User-Agent: its first word without the version, in small letters.
    ///
    /// `browser` for all that call themselves Mozilla, `none` without a name, `other` for what is no name or came after
    /// the first twenty.
    pub fn product(&self, user_agent: Option<&str>) -> Arc<str> {
        let Some(text) = user_agent.map(str::trim).filter(|text| !text.is_empty()) else {
            return Arc::from("none");
        };
        let word = text.split(['/', ' ', '(', ';']).next().unwrap_or_default();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if word.is_empty() || word.len() > LONGEST || !word.bytes().all(is_name) {
            return Arc::from("other");
        }
        if word.eq_ignore_ascii_case("mozilla") {
            return Arc::from("browser");
        }
        self.known(&word.to_ascii_lowercase())
    }

    fn known(&self, name: &str) -> Arc<str> {
        let find = |known: &[Arc<str>]| known.iter().find(|known| ***known == *name).cloned();
        if let Some(known) = find(&self.0.read().unwrap_or_else(PoisonError::into_inner)) {
            return known;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Another request may have been faster.
        if let Some(known) = find(&known) {
            return known;
        }
        if known.len() == MOST {
            return Arc::from("other");
        }
        let name: Arc<str> = Arc::from(name);
        known.push(name.clone());
        name
    }
}

/// How an `Authorization` header carries its token: the older clients send it raw.
#[must_use]
pub fn token_style(authorization: Option<&[u8]>) -> &'static str {
    match authorization {
        None => "none",
        Some(value) if value.get(..7).is_some_and(|start| start.eq_ignore_ascii_case(b"bearer ")) => "bearer",
        Some(_) => "raw",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_its_product_without_version_and_comment() {
        let clients = Clients::default();
        for (user_agent, product) in [
            (Some("SocietyVendor/2.1 (Android 14)"), "societyvendor"),
            (Some("okhttp/4.12.0"), "okhttp"),
            (Some("Dart"), "dart"),
            (Some("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101"), "browser"),
            (Some("  "), "none"),
            (None, "none"),
            (Some("\u{202e}evil/1"), "other"),
            (Some("a\"} 1\ngateway_x{b=\"/1"), "other"),
            (Some("/1.0"), "other"),
        ] {
            assert_eq!(&*clients.product(user_agent), product, "{user_agent:?}");
        }
        assert_eq!(&*clients.product(Some(&"x".repeat(33))), "other");
    }

    #[test]
    fn clients_that_make_up_names_do_not_fill_the_memory() {
        let clients = Clients::default();
        for n in 0..1_000 {
            let product = clients.product(Some(&format!("bot{n}/1")));
            assert_eq!(&*product == "other", n >= MOST, "{n}");
        }
        assert_eq!(&*clients.product(Some("bot7/2")), "bot7");
    }

    #[test]
    fn tokens_are_told_apart_by_how_they_are_sent() {
        for (header, style) in [
            (None, "none"),
            (Some("Bearer abc"), "bearer"),
            (Some("bearer abc"), "bearer"),
            (Some("abc"), "raw"),
            (Some("Bearer"), "raw"),
        ] {
            assert_eq!(token_style(header.map(str::as_bytes)), style, "{header:?}");
        }
    }
}
