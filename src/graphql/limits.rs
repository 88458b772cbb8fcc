//! The limits of a parsed document, before it is validated.
//!
//! The engine expands fragments wherever it looks, its own limits included: 750 bytes of fragments that spread each
//! other keep it busy for seconds. Here each fragment is measured once and its size is reused, so the work is linear in
//! the text. Introspection has no page sizes, so it gets a cost of its own.

use std::collections::HashMap;

use async_graphql::parser::types::{
    Directive, ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Pos, Positioned, Value};

/// Operations of one document. An explorer sends all of a tab.
const MAX_OPERATIONS: usize = 50;
/// Selections of all operations, with every fragment spread out.
const MAX_SELECTIONS: u64 = 5_000;
/// Fields within fields, introspection excepted. With lists in every second level, the engine's 64-bit cost of a
/// document cannot overflow.
const MAX_DEPTH: u64 = 12;
/// Selection sets within selection sets, fragments included: bounds our recursion and the engine's.
const MAX_LEVELS: u64 = 32;
/// Fields at the root of one operation.
const MAX_ROOT_FIELDS: u64 = 30;
/// Aliases, with every fragment spread out.
const MAX_ALIASES: u64 = 300;
/// Directives, with every fragment spread out.
const MAX_DIRECTIVES: u64 = 100;
/// Cost of introspection: GraphiQL's query costs about a third.
const MAX_INTROSPECTION: u64 = 600_000;

/// How many entries the lists of the introspection types are taken to have.
const INTROSPECTION_LISTS: [(&str, u64); 8] = [
    ("types", 200),
    ("fields", 10),
    ("args", 3),
    ("inputFields", 5),
    ("enumValues", 5),
    ("possibleTypes", 5),
    ("interfaces", 2),
    ("directives", 5),
];

/// Why a document is not validated.
#[derive(Debug, PartialEq, Eq)]
pub struct OverLimit {
    /// The sentence for the client.
    pub message: String,
    /// Where, when there is one place.
    pub at: Option<Pos>,
}

fn over(message: String, at: Option<Pos>) -> OverLimit {
    OverLimit { message, at }
}

fn too_deep(at: Pos) -> OverLimit {
    over(format!("The document nests selections and fragments in more than {MAX_LEVELS} levels."), Some(at))
}

/// What a selection set comes to with every fragment spread out.
#[derive(Clone, Copy, Default)]
struct Size {
    selections: u64,
    /// Fields of this level, those of fragments included.
    fields: u64,
    /// Fields within fields, without introspection.
    depth: u64,
    levels: u64,
    aliases: u64,
    directives: u64,
    /// What it costs where it is read of an introspection type.
    cost: u64,
    /// What the introspection below it costs.
    introspection: u64,
}

impl Size {
    fn and(self, other: Size) -> Size {
        Size {
            selections: self.selections.saturating_add(other.selections),
            fields: self.fields.saturating_add(other.fields),
            depth: self.depth.max(other.depth),
            levels: self.levels.max(other.levels),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
            cost: self.cost.saturating_add(other.cost),
            introspection: self.introspection.saturating_add(other.introspection),
        }
    }
}

/// Checks a document against every limit; with its selections, every fragment spread out.
///
/// # Errors
/// The first limit that it breaks.
pub fn check(document: &ExecutableDocument) -> Result<u64, OverLimit> {
    let operations = document.operations.iter().len();
    if operations > MAX_OPERATIONS {
        return Err(over(
            format!("The document has {operations} operations; {MAX_OPERATIONS} are allowed."),
            None,
        ));
    }
    let mut measure = Measure { document, fragments: HashMap::new() };
    let mut total = Size::default();
    for (_, operation) in document.operations.iter() {
        total = total.and(measure.operation(operation)?);
    }
    // Fragments that no operation uses are walked by the engine, too.
    for name in document.fragments.keys() {
        measure.fragment(name, Pos::default(), 0)?;
    }
    total.check()?;
    Ok(total.selections)
}

impl Size {
    fn check(&self) -> Result<(), OverLimit> {
        let limits = [
            (self.selections, MAX_SELECTIONS, "selections, with its fragments spread out"),
            (self.depth, MAX_DEPTH, "levels of fields"),
            (self.aliases, MAX_ALIASES, "aliases, with its fragments spread out"),
            (self.directives, MAX_DIRECTIVES, "directives, with its fragments spread out"),
        ];
        for (found, allowed, what) in limits {
            if found > allowed {
                return Err(over(format!("The document has {found} {what}; {allowed} are allowed."), None));
            }
        }
        if self.introspection > MAX_INTROSPECTION {
            return Err(over("The document introspects too much at once.".to_owned(), None));
        }
        Ok(())
    }
}

struct Measure<'a> {
    document: &'a ExecutableDocument,
    /// `None` while a fragment is being measured: who meets it then goes in a circle.
    fragments: HashMap<&'a Name, Option<Size>>,
}

impl<'a> Measure<'a> {
    fn operation(&mut self, operation: &'a Positioned<OperationDefinition>) -> Result<Size, OverLimit> {
        let Positioned { pos, node } = operation;
        for definition in &node.variable_definitions {
            if let Some(value) = &definition.node.default_value {
                is_clean(&value.node, value.pos)?;
            }
        }
        let mut size = self.set(&node.selection_set.node, 0)?;
        size.directives = size.directives.saturating_add(directives(&node.directives)?);
        if node.ty == OperationType::Subscription {
            // The engine starts the fields that stand there themselves, and forgets those of fragments.
            if !matches!(node.selection_set.node.items.as_slice(), [only] if matches!(only.node, Selection::Field(_)))
            {
                return Err(over(
                    "A subscription has one field at its root, outside of fragments.".to_owned(),
                    Some(*pos),
                ));
            }
        } else if size.fields > MAX_ROOT_FIELDS {
            let message = format!(
                "The operation has {} fields at its root; {MAX_ROOT_FIELDS} are allowed.",
                size.fields
            );
            return Err(over(message, Some(*pos)));
        }
        Ok(size)
    }

    fn set(&mut self, set: &'a SelectionSet, level: u64) -> Result<Size, OverLimit> {
        let mut size = Size::default();
        for selection in &set.items {
            size = size.and(self.selection(selection, level)?);
        }
        size.levels += u64::from(!set.items.is_empty());
        Ok(size)
    }

    fn selection(&mut self, selection: &'a Positioned<Selection>, level: u64) -> Result<Size, OverLimit> {
        if level >= MAX_LEVELS {
            return Err(too_deep(selection.pos));
        }
        let mut size = match &selection.node {
            Selection::Field(field) => {
                for (_, value) in &field.node.arguments {
                    let constant = value.node.clone().into_const_with(|_| Ok::<_, OverLimit>(Value::Null))?;
                    is_clean(&constant, value.pos)?;
                }
                let name = field.node.name.node.as_str();
                let inner = self.set(&field.node.selection_set.node, level + 1)?;
                let entries =
                    INTROSPECTION_LISTS.iter().find(|(list, _)| *list == name).map_or(1, |(_, n)| *n);
                let introspects = name == "__schema" || name == "__type";
                let cost = entries.saturating_mul(inner.cost.saturating_add(1));
                Size {
                    fields: 1,
                    depth: if introspects { 1 } else { inner.depth + 1 },
                    aliases: inner.aliases + u64::from(field.node.alias.is_some()),
                    cost,
                    introspection: if introspects { cost } else { inner.introspection },
                    ..inner
                }
            }
            Selection::FragmentSpread(spread) => {
                self.fragment(&spread.node.fragment_name.node, selection.pos, level + 1)?
            }
            Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node, level + 1)?,
        };
        size.selections = size.selections.saturating_add(1);
        size.directives = size.directives.saturating_add(directives(selection.node.directives())?);
        Ok(size)
    }

    /// A fragment's size, measured when it is first met. An unknown one is left to the validation.
    fn fragment(&mut self, name: &Name, at: Pos, level: u64) -> Result<Size, OverLimit> {
        let Some((name, definition)) = self.document.fragments.get_key_value(name) else {
            return Ok(Size::default());
        };
        match self.fragments.get(name) {
            Some(Some(size)) if level + size.levels > MAX_LEVELS => return Err(too_deep(at)),
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                return Err(over(format!("The fragment \"{name}\" leads back to itself."), Some(at)));
            }
            None => {}
        }
        self.fragments.insert(name, None);
        let mut size = self.set(&definition.node.selection_set.node, level)?;
        size.directives = size.directives.saturating_add(directives(&definition.node.directives)?);
        self.fragments.insert(name, Some(size));
        Ok(size)
    }
}

fn directives(directives: &[Positioned<Directive>]) -> Result<u64, OverLimit> {
    for directive in directives {
        for (_, value) in &directive.node.arguments {
            let constant = value.node.clone().into_const_with(|_| Ok::<_, OverLimit>(Value::Null))?;
            is_clean(&constant, value.pos)?;
        }
    }
    Ok(u64::try_from(directives.len()).unwrap_or(u64::MAX))
}

/// No text of PostgreSQL holds the character U+0000: it would fail in the middle, as our fault.
fn is_clean(value: &Value, at: Pos) -> Result<(), OverLimit> {
    match value {
        Value::String(text) if text.contains('\0') => {
            Err(over("A string must not contain the character U+0000.".to_owned(), Some(at)))
        }
        Value::List(values) => values.iter().try_for_each(|value| is_clean(value, at)),
        Value::Object(fields) => fields.values().try_for_each(|value| is_clean(value, at)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use std::time::{Duration, Instant};

    fn refusal(text: &str) -> Option<String> {
        check(&parse_query(text).unwrap()).err().map(|over| over.message)
    }

    /// `count` fragments, each of which spreads the next `width` times.
    fn bomb(count: usize, width: usize) -> String {
        let mut text = "{ a { ...F0 } }".to_owned();
        for n in 0..count {
            text += &format!(" fragment F{n} on Query {{ {} }}", format!("...F{} ", n + 1).repeat(width));
        }
        text + &format!(" fragment F{count} on Query {{ wallet {{ balance }} }}")
    }

    #[test]
    fn a_screen_passes() {
        let text = "
            query Home($first: Int = 20) { wallet { ...Amounts transactions(first: $first) { nodes { id amount } } } }
            mutation Load { loadWallet(amount: 5) { message wallet { ...Amounts } } }
            fragment Amounts on Wallet { balance again: balance @include(if: true) }";
        assert_eq!(refusal(text), None);
    }

    #[test]
    fn fragments_that_explode_are_refused_without_being_spread_out() {
        for text in [bomb(18, 2), bomb(5, 20), bomb(6, 20), bomb(28, 20)] {
            let begin = Instant::now();
            assert!(refusal(&text).unwrap().contains("selections, with its fragments spread out"), "{text}");
            assert!(begin.elapsed() < Duration::from_millis(200));
        }
    }

    #[test]
    fn fragments_in_a_circle_are_refused_even_when_unused() {
        let circle =
            "{ wallet { balance } } fragment A on Query { ...B } fragment B on Query { wallet { ...A } }";
        assert!(refusal(circle).unwrap().contains("leads back to itself"));
        assert!(refusal("{ ...A } fragment A on Query { ...A }").unwrap().contains("\"A\""));
    }

    #[test]
    fn a_long_chain_of_fragments_is_refused_before_it_is_deep() {
        assert!(refusal(&bomb(100, 1)).unwrap().contains("more than 32 levels"));
        // The far end is measured first, on its own; the way to it must not be forgotten.
        let unused = bomb(40, 1).replace("{ ...F0 }", "{ ...F25 }");
        assert!(refusal(&unused).unwrap().contains("more than 32 levels"));
    }

    #[test]
    fn each_limit_lets_its_maximum_pass_and_refuses_one_more() {
        let nested = |levels: usize| format!("{}a{}", "{a".repeat(levels - 1) + "{", "}".repeat(levels));
        let roots = |count: usize, kind: &str| format!("{kind} {{ {} }}", "a ".repeat(count));
        let aliases = |count: usize| format!("{{ a {{ {} }} }}", "b: a ".repeat(count));
        let directives = |count: usize| format!("{{ a {} }}", "@b ".repeat(count));
        let operations =
            |count: usize| (0..count).map(|n| format!("query Q{n} {{ a }} ")).collect::<String>();
        let wide = |count: usize| format!("{{ a {{ {} }} }}", "a ".repeat(count));
        for (most, more) in [
            (nested(12), nested(13)),
            (roots(30, "query"), roots(31, "query")),
            (roots(30, "mutation"), roots(31, "mutation")),
            (aliases(300), aliases(301)),
            (directives(100), directives(101)),
            (operations(50), operations(51)),
            (wide(4_999), wide(5_000)),
        ] {
            assert_eq!(refusal(&most), None);
            assert!(refusal(&more).unwrap().contains("allowed"), "{more}");
        }
    }

    #[test]
    fn a_subscription_has_one_field_where_the_engine_looks_for_it() {
        assert_eq!(refusal("subscription { a { b c } }"), None);
        for text in [
            "subscription { a b }",
            "subscription { ... { a } }",
            "subscription { ...A } fragment A on S { a }",
        ] {
            assert!(refusal(text).unwrap().contains("one field at its root"), "{text}");
        }
    }

    #[test]
    fn introspection_is_bounded_by_what_it_would_answer() {
        let twice = "{ __schema { types { fields { type { fields { type { name } } } } } } }";
        assert_eq!(refusal(twice), None);
        let bomb = "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }";
        assert!(refusal(bomb).unwrap().contains("introspects too much"));
        let wide =
            format!("{{ __schema {{ {} }} }}", "a: types { fields { args { type { name } } } } ".repeat(50));
        assert!(refusal(&wide).unwrap().contains("introspects too much"));
        let spread = "{ __schema { types { ...T } } } fragment T on __Type { fields { type { fields { type { fields { type { fields { name } } } } } } } }";
        assert!(refusal(spread).unwrap().contains("introspects too much"));
    }

    #[test]
    fn a_string_that_no_database_text_can_hold_is_refused() {
        for text in [
            r#"{ a(b: "\u0000") }"#,
            r#"{ a(b: {c: ["x", "\u0000"]}) }"#,
            r#"query ($b: String = "\u0000") { a(b: $b) }"#,
            r#"{ a @d(b: "\u0000") }"#,
        ] {
            assert!(refusal(text).unwrap().contains("U+0000"), "{text}");
        }
    }
}
