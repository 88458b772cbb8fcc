//! What several operations share: objects, enumerations, headers, refusals.

use serde_json::{Map, Value as Json, json};

use crate::rest::openapi::answers::described;
use crate::rest::openapi::words::Words;

/// The part `components/schemas` while it grows.
#[derive(Default)]
pub struct Components {
    schemas: Map<String, Json>,
}

impl Components {
    /// Keeps a schema under this name, or with the operation's before it when another schema has the name; the reference to it.
    pub fn schema(&mut self, name: &str, operation: &str, schema: Json) -> Json {
        let mut own = name.to_owned();
        while self.schemas.get(&own).is_some_and(|known| *known != schema) {
            own.insert_str(0, operation);
        }
        let reference = reference("schemas", &own);
        self.schemas.insert(own, schema);
        reference
    }

    /// Keeps an enumeration; the reference to it.
    pub fn choice(&mut self, name: &str, words: &Words) -> Json {
        let said: Vec<String> =
            words.choices(name).map(|(word, said)| format!("- `{word}`: {said}")).collect();
        let description = format!("{}\n\n{}", words.of(name), said.join("\n"));
        let choices: Vec<String> = words.choices(name).map(|(word, _)| word).collect();
        let schema = described(json!({"type": "string", "enum": choices}), &description);
        self.schema(name, "Choice", schema)
    }

    /// The object `components`.
    pub fn finish(mut self) -> Json {
        let refusal = json!({
            "type": "object",
            "description": "Why nothing was done. `message` is a sentence for people; `code` repeats the HTTP status.",
            "required": ["status", "message", "code"],
            "properties": {
                "status": {"type": "string", "const": "error"},
                "message": {"type": "string"},
                "code": {"type": "integer"},
            },
        });
        self.schemas.insert("Refusal".to_owned(), refusal);
        self.schemas.insert("ValidationError".to_owned(), validation_error());
        json!({
            "securitySchemes": security_schemes(),
            "parameters": parameters(),
            "headers": headers(),
            "responses": responses(),
            "schemas": self.schemas,
        })
    }
}

/// A reference to a component.
pub fn reference(kind: &str, name: &str) -> Json {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

fn validation_error() -> Json {
    json!({
        "type": "object",
        "description": "What is wrong with the values, one entry for each. An entry never repeats what was sent.",
        "required": ["status", "message", "code", "errors"],
        "properties": {
            "status": {"type": "string", "const": "error"},
            "message": {"type": "string", "const": "Validation error"},
            "code": {"type": "integer", "const": 400},
            "errors": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["loc", "msg", "type"],
                    "properties": {
                        "loc": {
                            "type": "array",
                            "items": {"type": "string"},
                            "description": "The body's key, and below it names and positions; empty for the body itself.",
                        },
                        "msg": {"type": "string", "description": "What is expected."},
                        "type": {"type": "string", "description": "The kind of fault, such as `missing` or `string_type`."},
                    },
                },
            },
        },
    })
}

fn security_schemes() -> Json {
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "`Authorization: Bearer <access_token>`, from `POST /verify-otp`.",
        },
        "token": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Authorization: <access_token>`, as older clients send it: without a scheme.",
        },
    })
}

fn parameters() -> Json {
    json!({
        "RequestId": {
            "name": "X-Request-ID",
            "in": "header",
            "description": "A name for this request, for logs and reports of faults; its first 100 printable characters come back. One is made where none came.",
            "schema": {"type": "string"},
        },
        "IdempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "A name for this act: the same key again, within 24 hours, answers with what was done the first time, and does nothing.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
        },
    })
}

fn headers() -> Json {
    json!({
        "RequestId": {
            "description": "The request's name: the client's own, or 32 hex digits.",
            "required": true,
            "schema": {"type": "string", "minLength": 1, "maxLength": 100},
        },
        "RetryAfter": {
            "description": "So many seconds from now it may work.",
            "schema": {"type": "integer", "minimum": 1},
        },
        "Allow": {"description": "The methods of this path.", "required": true, "schema": {"type": "string"}},
    })
}

/// The refusals by HTTP status: the component's name, and when it is the answer.
pub const REFUSALS: [(u16, &str, &str); 11] = [
    (400, "BadRequest", "A value is wrong, or the state of things does not allow it; `message` says which."),
    (401, "Unauthenticated", "No valid token. Sign in."),
    (403, "Forbidden", "Not for this person."),
    (404, "NotFound", "Nothing there that this person may see. Also an id that is no whole number."),
    (405, "MethodNotAllowed", "The path has other methods; the header `Allow` names them."),
    (408, "Timeout", "The body did not arrive in time."),
    (413, "TooLarge", "The body is too large."),
    (415, "UnsupportedMediaType", "The body has another content type."),
    (429, "TooManyRequests", "Too many requests. Come back after `Retry-After` seconds."),
    (500, "Failed", "Our fault."),
    (503, "Busy", "Not possible at the moment. Repeat with the same idempotency key."),
];

/// The form of 400 on the paths that tell each wrong value.
pub const INVALID: (u16, &str, &str) = (
    400,
    "Invalid",
    "Values are wrong, each told in `errors`; or the state of things does not allow it, told in `message`.",
);

fn responses() -> Json {
    let every = REFUSALS.iter().chain([&INVALID]);
    every.map(|refusal| (refusal.1.to_owned(), refused(*refusal))).collect::<Map<_, _>>().into()
}

/// The response of a refusal.
pub fn refused((status, name, description): (u16, &str, &str)) -> Json {
    let envelope = reference("schemas", "Refusal");
    let schema = if name == INVALID.1 {
        json!({"anyOf": [reference("schemas", "ValidationError"), envelope]})
    } else {
        json!({"allOf": [envelope], "properties": {"code": {"const": status}}})
    };
    response(description, status, schema)
}

/// A response with the headers that every response of its status has.
pub fn response(description: &str, status: u16, schema: Json) -> Json {
    let mut headers = json!({"X-Request-ID": reference("headers", "RequestId")});
    match status {
        405 => headers["Allow"] = reference("headers", "Allow"),
        429 | 503 => headers["Retry-After"] = reference("headers", "RetryAfter"),
        _ => {}
    }
    json!({
        "description": description,
        "headers": headers,
        "content": {"application/json": {"schema": schema}},
    })
}
