//! Documents that are named instead of sent, and the list beside which none runs.

use super::*;

use std::io::Write as _;

use sha2::{Digest, Sha256};
use society_gateway::server::ServerState;
use tokio_util::sync::CancellationToken;

const WALLET: &str = "{ wallet { balance } }";

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn persisted(hash: &str) -> Value {
    json!({"persistedQuery": {"version": 1, "sha256Hash": hash}})
}

async fn ask(router: &Router, who: &Person, body: Value) -> Reply {
    let request = posting().header("accept", GRAPHQL_RESPONSE);
    let request = request.header("authorization", format!("Bearer {}", who.token));
    send(router, request, body.to_string()).await
}

#[tokio::test]
async fn a_document_that_ran_once_is_run_by_its_hash_alone() {
    let app = TestApp::start().await;
    let (router, who) = (served(&app), app.consumer("First").await);
    let named = json!({"extensions": persisted(&hash(WALLET))});

    let unknown = ask(&router, &who, named.clone()).await;
    // The status that Apollo's clients read on; the message that they look for.
    assert_eq!((unknown.status, unknown.code()), (StatusCode::OK, "PERSISTED_QUERY_NOT_FOUND"));
    assert_eq!((unknown.message(), unknown.body.get("data")), ("PersistedQueryNotFound", None));

    let both = json!({"query": WALLET, "extensions": persisted(&hash(WALLET))});
    let told = json!({"data": {"wallet": {"balance": 0}}});
    assert_eq!(ask(&router, &who, both).await.body, told);
    assert_eq!(ask(&router, &who, named).await.body, told);
    assert_eq!(ask(&router, &who, json!({"documentId": hash(WALLET)})).await.body, told);

    let extensions: String =
        form_urlencoded::byte_serialize(persisted(&hash(WALLET)).to_string().as_bytes()).collect();
    let get = Request::get(format!("/graphql?extensions={extensions}"));
    let get = get.header("authorization", format!("Bearer {}", who.token));
    assert_eq!(send(&router, get, "").await.body, told);
}

#[tokio::test]
async fn a_document_that_is_known_by_its_text_gets_its_hash_when_a_client_sends_both() {
    let app = TestApp::start().await;
    let (router, who) = (served(&app), app.consumer("First").await);
    post(&router, Some(&who), WALLET, json!({})).await;
    let named = json!({"extensions": persisted(&hash(WALLET))});
    assert_eq!(ask(&router, &who, named.clone()).await.code(), "PERSISTED_QUERY_NOT_FOUND");
    ask(&router, &who, json!({"query": WALLET, "extensions": persisted(&hash(WALLET))})).await;
    assert_eq!(ask(&router, &who, named).await.body["data"]["wallet"]["balance"], 0);
}

#[tokio::test]
async fn nobody_puts_another_text_or_a_wrong_one_under_a_hash() {
    let app = TestApp::start().await;
    let (router, who) = (served(&app), app.consumer("First").await);
    let poisoned = json!({"query": "{ me { phone } }", "extensions": persisted(&hash(WALLET))});
    let refused = ask(&router, &who, poisoned).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::BAD_REQUEST, "BAD_REQUEST"));
    let invalid = "{ nothing }";
    let both = json!({"query": invalid, "extensions": persisted(&hash(invalid))});
    assert_eq!(ask(&router, &who, both).await.code(), "GRAPHQL_VALIDATION_FAILED");
    for text in [WALLET, invalid] {
        let named = json!({"extensions": persisted(&hash(text))});
        assert_eq!(ask(&router, &who, named).await.code(), "PERSISTED_QUERY_NOT_FOUND");
    }
    for extensions in
        [json!({"persistedQuery": {}}), json!({"persistedQuery": {"version": 1, "sha256Hash": 5}})]
    {
        let refused = ask(&router, &who, json!({"extensions": extensions})).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.message(), "extensions.persistedQuery has version 1 and a sha256Hash.");
    }
}

/// A gateway beside this one that trusts only such a list.
async fn trusting(app: &TestApp, list: &Value) -> Result<Router, String> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(list.to_string().as_bytes()).unwrap();
    let mut config = app.app.config.clone();
    config.trusted_documents = Some(file.path().to_owned());
    let other = society_gateway::app::App::new(
        config,
        app.clock.clone(),
        app.app.pool().clone(),
        crate::harness::SECRET.as_bytes(),
    );
    let state = ServerState::new(other, CancellationToken::new()).await.map_err(|error| error.to_string())?;
    Ok(society_gateway::server::router(state).await.unwrap())
}

#[tokio::test]
async fn beside_a_list_of_trusted_documents_nothing_else_runs() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let manifest = json!({"format": "apollo-persisted-query-manifest", "version": 1,
        "operations": [{"id": "wallet-1", "name": "Wallet", "type": "query", "body": WALLET}]});
    for list in [json!({"wallet-1": WALLET}), manifest] {
        let router = trusting(&app, &list).await.unwrap();
        let told = json!({"data": {"wallet": {"balance": 0}}});
        assert_eq!(ask(&router, &who, json!({"documentId": "wallet-1"})).await.body, told);
        assert_eq!(ask(&router, &who, json!({"extensions": persisted("wallet-1")})).await.body, told);
        assert_eq!(ask(&router, &who, json!({"query": WALLET})).await.body, told);
        for other in [
            json!({"query": "{ me { phone } }"}),
            json!({"query": "{ __typename }"}),
            json!({"extensions": persisted(&hash(WALLET))}),
            json!({"documentId": "wallet-2"}),
        ] {
            let refused = ask(&router, &who, other).await;
            assert_eq!((refused.status, refused.code()), (StatusCode::BAD_REQUEST, "DOCUMENT_NOT_TRUSTED"));
        }
        // What the REST paths run is the gateway's own.
        let rest = Request::get("/api/v1/consumer/wallet").header("authorization", &who.token);
        assert_eq!(send(&router, rest, "").await.body["balance"], 0);
    }
}

#[tokio::test]
async fn a_list_that_does_not_fit_is_told_before_the_gateway_starts() {
    let app = TestApp::start().await;
    for (list, problem) in [
        (json!([1]), "is not an object of documents by their ids, or Apollo's persisted query manifest"),
        (json!({"a": "{ wallet { balance } }", "b": "{ nothing }", "c": "{"}), "b: "),
        (json!({"deep": format!("{}a{}", "{ a ".repeat(70), "}".repeat(70))}), "nests brackets"),
    ] {
        let Err(told) = trusting(&app, &list).await else { panic!("{list}") };
        assert!(told.starts_with("TRUSTED_DOCUMENTS: ") && told.contains(problem), "{told}");
    }
}
