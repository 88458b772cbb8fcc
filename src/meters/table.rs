//! Every measure: its name, what kind it is, and the sentence that the operator reads.

pub(super) const REQUESTS: &str = "gateway_requests_total";
pub(super) const REQUEST_SECONDS: &str = "gateway_request_duration_seconds";
pub(super) const DOCUMENT_COST: &str = "gateway_document_cost_selections";
pub(super) const ERRORS: &str = "gateway_errors_total";
pub(super) const REST_REQUESTS: &str = "gateway_rest_requests_total";
pub(super) const POOL_MOST: &str = "gateway_database_pool_max_connections";
pub(super) const POOL_OPEN: &str = "gateway_database_pool_open_connections";
pub(super) const POOL_AVAILABLE: &str = "gateway_database_pool_available_connections";
pub(super) const POOL_WAITING: &str = "gateway_database_pool_waiting_requests";
pub(super) const POOL_TIMEOUTS: &str = "gateway_database_pool_timeouts_total";
pub(super) const STATEMENTS: &str = "gateway_database_statements_total";
pub(super) const TRANSACTIONS: &str = "gateway_database_transactions_total";
pub(super) const EVENTS: &str = "gateway_events_delivered_total";
pub(super) const EVENT_LAG: &str = "gateway_event_delivery_seconds";
pub(super) const FEED_HELD: &str = "gateway_event_feed_held_back_seconds";
pub(super) const FEED_READ: &str = "gateway_event_feed_last_read_timestamp_seconds";
pub(super) const HUB_TOPICS: &str = "gateway_hub_topics";
pub(super) const HUB_STREAMS: &str = "gateway_hub_streams";
pub(super) const SOCKETS: &str = "gateway_sockets_open";
pub(super) const SUBSCRIPTIONS: &str = "gateway_subscriptions_live";
pub(super) const OTP: &str = "gateway_otp_total";
pub(super) const LIMIT_REFUSALS: &str = "gateway_rate_limit_refusals_total";
pub(super) const UPLOADS: &str = "gateway_uploads_total";
pub(super) const ASSISTANT: &str = "gateway_assistant_answers_total";
pub(super) const PROVIDER_REQUESTS: &str = "gateway_provider_requests_total";
pub(super) const PROVIDER_SECONDS: &str = "gateway_provider_request_duration_seconds";
pub(super) const PROVIDER_DOWN: &str = "gateway_provider_down";
pub(super) const MONEY: &str = "gateway_money_moved_paise_total";
pub(super) const ORDER_STATUSES: &str = "gateway_order_statuses_total";
pub(super) const BUILD: &str = "gateway_build_info";
pub(super) const STARTED: &str = "gateway_start_timestamp_seconds";

/// What a measure is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// As it stands now.
    Gauge,
    /// How many were at most so large.
    Histogram(&'static [f64]),
}

/// From what the memory answers to what a client gives up on.
const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Providers take up to 30 seconds where the settings let them, a model up to 120.
const PROVIDERS: &[f64] = &[0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];
/// The largest document has 5,000 selections.
const SELECTIONS: &[f64] = &[5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0];

/// Every measure that `/metrics` shows.
#[rustfmt::skip]
pub const MEASURES: &[(&str, Kind, &str)] = &[
    (REQUESTS, Kind::Counter, "Operations, by face, root field (several: more than one; unknown: refused) and outcome \
        (ok; failed: something of it has an error, on the REST face a status of 400 or more; refused: not run, on the REST face \
        no path)."),
    (REQUEST_SECONDS, Kind::Histogram(SECONDS), "Time from a request's headers to its answer, by face. Subscriptions are not in it."),
    (DOCUMENT_COST, Kind::Histogram(SELECTIONS), "Selections of a document with its fragments spread out, by face."),
    (ERRORS, Kind::Counter, "Errors that clients were told, by face and code."),
    (REST_REQUESTS, Kind::Counter, "REST requests, by path as it was called, method, status, client (product of the \
        User-Agent) and style of the token (bearer, raw, none)."),
    (POOL_MOST, Kind::Gauge, "Connections that the pool may open."),
    (POOL_OPEN, Kind::Gauge, "Connections that the pool has open."),
    (POOL_AVAILABLE, Kind::Gauge, "Open connections that nobody uses."),
    (POOL_WAITING, Kind::Gauge, "Requests that wait for a connection."),
    (POOL_TIMEOUTS, Kind::Counter, "Requests that were told BUSY since no connection got free in time."),
    (STATEMENTS, Kind::Counter, "Statements sent, BEGIN and COMMIT included."),
    (TRANSACTIONS, Kind::Counter, "Transactions, by step (begun, committed, rolled_back)."),
    (EVENTS, Kind::Counter, "Events handed to the streams of this node, by kind."),
    (EVENT_LAG, Kind::Histogram(SECONDS), "Time from an event's record to its delivery on this node."),
    (FEED_HELD, Kind::Gauge, "For how long a running transaction has held events back."),
    (FEED_READ, Kind::Gauge, "When the event feed last read the table."),
    (HUB_TOPICS, Kind::Gauge, "Orders, people and shops whose events somebody follows here."),
    (HUB_STREAMS, Kind::Gauge, "Streams of events on this node."),
    (SOCKETS, Kind::Gauge, "Open WebSockets."),
    (SUBSCRIPTIONS, Kind::Gauge, "Live subscriptions, by face."),
    (OTP, Kind::Counter, "One-time codes, by what became of them (sent, verified, refused)."),
    (LIMIT_REFUSALS, Kind::Counter, "Uses that a rate limit refused, by limit."),
    (UPLOADS, Kind::Counter, "Requests with files that were let in."),
    (ASSISTANT, Kind::Counter, "Answers of the assistant, by source (model, written, nothing_fits, failed)."),
    (PROVIDER_REQUESTS, Kind::Counter, "Requests to services of others that are set up, by provider (twilio, razorpay, media: the \
        bucket, assistant: the model) and outcome (ok; refused: the answer was no; failed: no usable answer came, all attempts \
        together; not_sent: it was known to be down)."),
    (PROVIDER_SECONDS, Kind::Histogram(PROVIDERS), "Time that a request to a provider took, all attempts together, by provider."),
    (PROVIDER_DOWN, Kind::Gauge, "1 from five failures of a provider in a row to its next answer, by provider (twilio, razorpay)."),
    (MONEY, Kind::Counter, "Paise moved by committed transactions, by wallet (consumer, shop), kind and source."),
    (ORDER_STATUSES, Kind::Counter, "Statuses that orders got in committed transactions; pending: placed."),
    (BUILD, Kind::Gauge, "1, by version."),
    (STARTED, Kind::Gauge, "When this process started."),
];
