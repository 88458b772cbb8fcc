//! What people ask most, with the answers: the text of `faq.md`, read once.
//!
//! A heading of the second level is a topic, one of the third level a question, and what follows its answer. An answer
//! says what the code does: whoever changes a rule changes its answer.

use std::collections::HashSet;
use std::sync::LazyLock;

use async_graphql::SimpleObject;

use crate::error::{Error, Result};
use crate::request::columns;
use crate::values::optional_text;

/// The longest search, in characters.
const LONGEST_SEARCH: usize = 100;

/// What a word counts where it stands in the question, in the topic and in the answer.
const WEIGHTS: [f64; 3] = [3.0, 2.0, 1.0];

/// Words that say nothing about what somebody wants to know.
const FILLERS: [&str; 47] = [
    "a", "about", "am", "an", "and", "any", "are", "at", "be", "by", "can", "did", "do", "does", "for",
    "from", "get", "has", "have", "how", "i", "if", "in", "is", "it", "me", "my", "of", "on", "or", "so",
    "that", "the", "there", "this", "to", "was", "what", "when", "where", "which", "who", "why", "will",
    "with", "you", "your",
];

/// Endings that make no other word of a word, longest first, and what stands in their place.
const ENDINGS: [(&str, &str); 10] = [
    ("llation", "l"),
    ("lling", "l"),
    ("lled", "l"),
    ("ies", "y"),
    ("ing", ""),
    ("ed", ""),
    ("es", ""),
    ("er", ""),
    ("e", ""),
    ("s", ""),
];

/// A question that people ask often.
#[derive(Clone, Debug, Default, PartialEq, Eq, SimpleObject)]
pub struct Faq {
    /// The topic, such as "Wallet".
    pub category: String,
    /// The question.
    pub question: String,
    /// The answer; paragraphs are separated by an empty line.
    pub answer: String,
}

columns!(Faq {
    "category": category,
    "question": question,
    "answer": answer,
});

/// A question with its words: those of the question, of the topic and of the answer.
struct Entry {
    faq: Faq,
    words: [HashSet<String>; 3],
}

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let entry = |faq: Faq| {
        let words = [&faq.question, &faq.category, &faq.answer].map(|text| words(text));
        Entry { faq, words }
    };
    parse(include_str!("faq.md")).into_iter().map(entry).collect()
});

/// All questions in the order of the file, or those that have some of these words, the best match first.
///
/// # Errors
/// `BAD_INPUT` that names `search`.
pub fn search(text: Option<&str>) -> Result<Vec<&'static Faq>> {
    let text = optional_text(text, LONGEST_SEARCH)
        .map_err(|problem| Error::bad_input("search", format!("search {problem}")))?;
    let wanted = words(text.as_deref().unwrap_or_default());
    if wanted.is_empty() {
        return Ok(ENTRIES.iter().map(|entry| &entry.faq).collect());
    }
    let weighed = |word: String| {
        let rarity = rarity(&word);
        (word, rarity)
    };
    let wanted: Vec<(String, f64)> = wanted.into_iter().map(weighed).collect();
    let mut found: Vec<(f64, &Entry)> =
        ENTRIES.iter().map(|entry| (entry.score(&wanted), entry)).filter(|(score, _)| *score > 0.0).collect();
    // Of two that match alike, the shorter question is the one that is about these words.
    found.sort_by(|(one, a), (other, b)| {
        other.total_cmp(one).then_with(|| a.words[0].len().cmp(&b.words[0].len()))
    });
    Ok(found.into_iter().map(|(_, entry)| &entry.faq).collect())
}

impl Entry {
    fn score(&self, wanted: &[(String, f64)]) -> f64 {
        let places = || self.words.iter().zip(WEIGHTS);
        let weight = |word: &str| -> f64 {
            places().filter(|(words, _)| words.contains(word)).map(|(_, weight)| weight).sum()
        };
        wanted.iter().map(|(word, rarity)| rarity * weight(word)).sum()
    }
}

/// A word that few entries have says more than one that most have.
fn rarity(word: &str) -> f64 {
    let having = ENTRIES.iter().filter(|entry| entry.words.iter().any(|words| words.contains(word))).count();
    (1.0 + ENTRIES.len() as f64 / having.max(1) as f64).ln()
}

/// The words of a text that say something, each once and without its ending.
fn words(text: &str) -> HashSet<String> {
    let text = text.to_lowercase();
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| !word.is_empty() && !FILLERS.contains(word)).map(stem).collect()
}

fn stem(word: &str) -> String {
    let long_enough = |stem: &str, instead: &str| stem.chars().count() + instead.len() >= 3;
    let shorter = ENDINGS.iter().find_map(|(ending, instead)| {
        let stem = word.strip_suffix(ending).filter(|stem| long_enough(stem, instead))?;
        Some(format!("{stem}{instead}"))
    });
    shorter.unwrap_or_else(|| word.to_owned())
}

fn parse(text: &str) -> Vec<Faq> {
    let mut faqs: Vec<Faq> = Vec::new();
    let mut category = "";
    for line in text.lines().map(str::trim) {
        if let Some(question) = line.strip_prefix("### ") {
            let (category, question) = (category.to_owned(), question.to_owned());
            faqs.push(Faq { category, question, answer: String::new() });
        } else if let Some(topic) = line.strip_prefix("## ") {
            category = topic;
        } else if let Some(faq) = faqs.last_mut() {
            match line {
                "" if faq.answer.is_empty() || faq.answer.ends_with('\n') => {}
                "" => faq.answer.push_str("\n\n"),
                _ if faq.answer.is_empty() || faq.answer.ends_with('\n') => faq.answer.push_str(line),
                _ => faq.answer.extend([" ", line]),
            }
        }
    }
    for faq in &mut faqs {
        faq.answer.truncate(faq.answer.trim_end().len());
    }
    faqs
}
