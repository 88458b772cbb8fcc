//! Where logs and traces go.

use std::error::Error;
use std::panic::PanicHookInfo;
use std::time::Duration;

use futures_util::FutureExt;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanExporter as _};
use tracing::Subscriber;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::config::{Config, Environment};
use crate::spans;

/// How long one delivery of spans may take. Meanwhile others wait, as far as there is room, and are then dropped.
const DELIVERY: Duration = Duration::from_secs(5);

/// The collector's end of the traces.
pub(super) struct Traces(SdkTracerProvider);

impl Traces {
    /// Delivers the spans that wait. A collector that does not answer costs seconds, and only these spans.
    pub(super) fn flush(self) {
        if let Err(error) = self.0.shutdown_with_timeout(DELIVERY) {
            tracing::warn!(cause = %error, "the last spans were not delivered");
        }
    }
}

/// Starts the log: text for people in development, JSON for machines in production; `RUST_LOG` chooses what. Starts
/// traces where the settings say where they go.
pub(super) fn start(config: &Config) -> Result<Option<Traces>, Box<dyn Error>> {
    std::panic::set_hook(Box::new(log_panic));
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let Some(endpoint) = &config.otlp_endpoint else {
        Registry::default().with(filter).with(log(config.environment)).init();
        return Ok(None);
    };
    let traces = collect(endpoint)?;
    let tracer = traces.0.tracer("society-gateway");
    let spans = tracing_opentelemetry::layer().with_tracer(tracer).with_location(false).with_threads(false);
    Registry::default()
        .with(spans.with_filter(filter_fn(|of| of.target() == spans::TARGET)))
        .with(log(config.environment).with_filter(filter))
        .init();
    Ok(Some(traces))
}

fn log<S>(environment: Environment) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let log = fmt::layer().with_writer(std::io::stderr);
    match environment {
        Environment::Development => log.with_target(false).boxed(),
        // The one span is the request's: a list of spans would only say it again.
        Environment::Production => log.json().with_span_list(false).boxed(),
    }
}

/// Spans go out in batches, from a thread of their own: a collector that is slow or gone holds nothing up.
fn collect(endpoint: &str) -> Result<Traces, Box<dyn Error>> {
    let exporter = exporter(endpoint)?;
    let resource = Resource::builder()
        .with_service_name("society-gateway")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    Ok(Traces(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build()))
}

fn exporter(endpoint: &str) -> Result<SpanExporter, ExporterBuildError> {
    SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{endpoint}/v1/traces"))
        .with_timeout(DELIVERY)
        .build()
}

/// Delivers no spans at all: shows whether the collector would take some. Blocks.
///
/// # Errors
/// Why it would not, in one line.
pub(super) fn try_collector(endpoint: &str) -> Result<(), String> {
    let exporter = exporter(endpoint).map_err(|error| error.to_string())?;
    // It blocks while it is first asked, and is done then.
    let delivered = exporter.export(Vec::new()).now_or_never();
    delivered.ok_or("it takes too long")?.map_err(|error| error.to_string())
}

/// One line like all others, in the span of the request that fell: the default writes text that no machine reads.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let cause = panic.payload_as_str().unwrap_or("unknown");
    tracing::error!(cause, at = panic.location().map(ToString::to_string), "panicked");
}
