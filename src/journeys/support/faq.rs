//! What people ask most, with the answers: the text of `faq.md`, read once.
//!
//! A heading of the second level is a topic, one of the third level a question, and what follows its answer. An answer
//! says what the code does: whoever changes a rule changes its answer.

use std::collections::HashSet;
use std::sync::LazyLock;

use async_graphql::SimpleObject;
use bm25::{DefaultTokenizer, Document, Language, SearchEngine, SearchEngineBuilder, Tokenizer};

use crate::error::{Error, Result};
use crate::request::columns;
use crate::values::optional_text;

/// The longest search, in characters.
const LONGEST_SEARCH: usize = 100;
/// How often a question counts in what is searched, beside its answer: it says what the entry is about.
const QUESTION_COUNTS: usize = 3;

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

/// The questions, and what finds them.
struct Index {
    faqs: Vec<Faq>,
    engine: SearchEngine<usize>,
    tokenizer: DefaultTokenizer,
    /// The words of each entry.
    words: Vec<HashSet<String>>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| Index::of(parse(include_str!("faq.md"))));

/// An entry that has some of the words that somebody asked with.
#[derive(Clone, Copy, Debug)]
pub struct Match {
    /// The entry.
    pub faq: &'static Faq,
    /// How much of what was asked the entry speaks of, 0 to 1; a rare word counts for more than one that most entries have.
    pub fit: f64,
}

/// All questions in the order of the file, or those that have some of these words, the best match first.
///
/// # Errors
/// `BAD_INPUT` that names `search`.
pub fn search(text: Option<&str>) -> Result<Vec<&'static Faq>> {
    let text = optional_text(text, LONGEST_SEARCH)
        .map_err(|problem| Error::bad_input("search", format!("search {problem}")))?;
    match text.filter(|text| !INDEX.tokenizer.tokenize(text).is_empty()) {
        Some(text) => Ok(matches(&text).into_iter().map(|found| found.faq).collect()),
        None => Ok(INDEX.faqs.iter().collect()),
    }
}

/// The entries that have some of these words, the best match first.
#[must_use]
pub fn matches(text: &str) -> Vec<Match> {
    let asked: HashSet<String> = INDEX.tokenizer.tokenize(text).into_iter().collect();
    let mut found: Vec<(f32, usize)> =
        INDEX.engine.search(text, None).into_iter().map(|found| (found.score, found.document.id)).collect();
    // The engine leaves open which of two that match alike comes first.
    found.sort_by(|(one, a), (other, b)| other.total_cmp(one).then(a.cmp(b)));
    let found = found.into_iter();
    found.map(|(_, place)| Match { faq: &INDEX.faqs[place], fit: INDEX.fit(place, &asked) }).collect()
}

impl Index {
    fn of(faqs: Vec<Faq>) -> Index {
        let tokenizer = DefaultTokenizer::new(Language::English);
        let text = |faq: &Faq| {
            let question = format!("{} ", faq.question).repeat(QUESTION_COUNTS);
            format!("{question}{} {}", faq.category, faq.answer)
        };
        let words = faqs.iter().map(|faq| tokenizer.tokenize(&text(faq)).into_iter().collect()).collect();
        let documents = faqs.iter().enumerate().map(|(place, faq)| Document::new(place, text(faq)));
        let engine = SearchEngineBuilder::with_documents(Language::English, documents).build();
        Index { faqs, engine, tokenizer, words }
    }

    fn fit(&self, place: usize, asked: &HashSet<String>) -> f64 {
        let weight = |word: &String| {
            let having = self.words.iter().filter(|words| words.contains(word)).count();
            (1.0 + self.words.len() as f64 / (1.0 + having as f64)).ln()
        };
        let all: f64 = asked.iter().map(weight).sum();
        let spoken_of: f64 = asked.iter().filter(|word| self.words[place].contains(*word)).map(weight).sum();
        if all > 0.0 { spoken_of / all } else { 0.0 }
    }
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
