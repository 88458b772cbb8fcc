//! Every setting: its name, its default, what it means. Read once; all wrong ones are named together.

mod choices;
mod providers;
mod reader;
mod settings;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

pub use choices::{Deprecation, Environment, Origins, OtpDelivery, Payments};
pub use providers::{RazorpayAccount, Secret, TwilioAccount, TwilioSender};
pub use reader::{ConfigError, Misfit};
pub use settings::SETTINGS;

use reader::{Reader, list, number_in};

/// All settings, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// `APP_ENV`
    pub environment: Environment,
    /// `LISTEN`
    pub listen: SocketAddr,
    /// `DATABASE_URL`; absent: the embedded PostgreSQL.
    pub database_url: Option<String>,
    /// `DATABASE_POOL_SIZE`
    pub database_pool_size: usize,
    /// `REDIS_URL`: carries rings between gateways; absent: the database does.
    pub redis_url: Option<String>,
    /// `DATA_DIR`
    pub data_dir: PathBuf,
    /// `TOKEN_SECRET`, at least 32 bytes; absent in development: random per data folder.
    pub token_secret: Option<String>,
    /// `TOKEN_SECRETS_PREVIOUS`: still accepted for verification, never for signing.
    pub token_secrets_previous: Vec<String>,
    /// `REST_TOKEN_DAYS`: how long a token issued on the REST face lives.
    pub rest_token_days: u32,
    /// `REST_AT_ROOT`: the REST paths are served without their prefix, too.
    pub rest_at_root: bool,
    /// `REST_DEPRECATION`: what the REST paths say of their end.
    pub rest_deprecation: Option<Deprecation>,
    /// `API_DOCS`: whether the page of the REST paths is served.
    pub api_docs: bool,
    /// `DEV_OTP`: the code that every phone receives. Development only.
    pub dev_otp: Option<String>,
    /// `RATE_LIMITS`: off only in development, for load tests.
    pub rate_limits: bool,
    /// `OTP_DELIVERY`
    pub otp_delivery: OtpDelivery,
    /// `TWILIO_…`; there with `OTP_DELIVERY=twilio`.
    pub twilio: Option<TwilioAccount>,
    /// `OTP_TEXT`: the message that carries a code, in the place of `{code}`.
    pub otp_text: String,
    /// `PAYMENTS`
    pub payments: Payments,
    /// `RAZORPAY_…`; there with `PAYMENTS=razorpay`.
    pub razorpay: Option<RazorpayAccount>,
    /// `PROVIDER_SECONDS`: how long a provider may take, all attempts together.
    pub provider_seconds: u32,
    /// `PUBLIC_URL`, without a slash at its end: what clients reach the gateway by.
    pub public_url: String,
    /// `MEDIA_URL`: a bucket; absent: a folder under `DATA_DIR`.
    pub media_url: Option<String>,
    /// `ASSISTANT_MODEL`: which model answers; absent: the written answers do.
    pub assistant_model: Option<String>,
    /// `ASSISTANT_URL`: an endpoint that speaks as OpenAI's does; absent: the provider's own.
    pub assistant_url: Option<String>,
    /// `ASSISTANT_KEY`: what the provider asks for; absent: its own variable, such as `OPENAI_API_KEY`.
    pub assistant_key: Option<Secret>,
    /// `ASSISTANT_SECONDS`: how long an answer may take.
    pub assistant_seconds: u32,
    /// `ALLOWED_ORIGINS`
    pub allowed_origins: Origins,
    /// `TRUSTED_DOCUMENTS`: a list beside which no document runs on GraphQL; absent: any runs.
    pub trusted_documents: Option<PathBuf>,
    /// `EXPLORER`: whether `/graphiql` is served.
    pub explorer: bool,
    /// `TRUSTED_PROXIES`: whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// `EVENT_DAYS`: how long events are kept for replay.
    pub event_days: u32,
    /// `CONNECTION_HOURS`: how long a socket or an event stream lasts at most.
    pub connection_hours: u32,
    /// `SHUTDOWN_SECONDS`: how long requests in progress may take after a signal to stop.
    pub shutdown_seconds: u32,
    /// `METRICS_TOKEN`: who knows it reads `/metrics`; absent: everybody in development, nobody in production.
    pub metrics_token: Option<Secret>,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`, without a slash at its end: where traces go; absent: nowhere.
    pub otlp_endpoint: Option<String>,
}

impl Config {
    /// Reads the settings from the process's environment.
    ///
    /// # Errors
    /// Every setting that cannot be used, named together.
    pub fn from_env() -> Result<Config, ConfigError> {
        Config::read(&|name| std::env::var(name).ok())
    }

    /// Reads the settings from `look_up`.
    ///
    /// # Errors
    /// Every setting that cannot be used, named together.
    pub fn read(look_up: &dyn Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
        let mut reader = Reader::new(look_up);
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let environment =
            reader.read("APP_ENV", Environment::Development, "development or production", Environment::parse);
        let listen = reader.read(
            "LISTEN",
            SocketAddr::from(([127, 0, 0, 1], 8080)),
            "address:port, such as 127.0.0.1:8080",
            |text| text.parse().ok(),
        );
        let otp_delivery = reader.read(
            "OTP_DELIVERY",
            if environment == Environment::Development { OtpDelivery::Console } else { OtpDelivery::Off },
            "console, twilio or off",
            OtpDelivery::parse,
        );
        let payments = reader.read(
            "PAYMENTS",
            if environment == Environment::Development { Payments::Simulated } else { Payments::Off },
            "simulated, razorpay or off",
            Payments::parse,
        );
        let secret = |text: &str| (text.len() >= 32).then(|| text.to_owned());
        let config = Config {
            environment,
            listen,
            database_url: reader.read("DATABASE_URL", None, "a URL that starts with postgres://", |text| {
                (text.starts_with("postgres://") || text.starts_with("postgresql://"))
                    .then(|| Some(text.to_owned()))
            }),
            database_pool_size: reader.read(
                "DATABASE_POOL_SIZE",
                4 * cores,
                "a number from 2 to 200",
                |text| number_in(text, 2..=200).map(|number| number as usize),
            ),
            redis_url: reader.read(
                "REDIS_URL",
                None,
                "a URL that starts with redis:// or rediss://",
                |text| redis::Client::open(text).is_ok().then(|| Some(text.to_owned())),
            ),
            data_dir: reader
                .read("DATA_DIR", PathBuf::from(".data"), "a folder", |text| Some(PathBuf::from(text))),
            token_secret: reader
                .read("TOKEN_SECRET", None, "at least 32 bytes", |text| secret(text).map(Some)),
            token_secrets_previous: reader.read(
                "TOKEN_SECRETS_PREVIOUS",
                Vec::new(),
                "comma-separated secrets of at least 32 bytes each",
                |text| list(text, secret),
            ),
            rest_token_days: reader
                .read("REST_TOKEN_DAYS", 30, "a number from 1 to 365", |text| number_in(text, 1..=365)),
            rest_at_root: reader.on_or_off("REST_AT_ROOT", false),
            rest_deprecation: reader.read(
                "REST_DEPRECATION",
                None,
                "off, a day, or two days with a comma between, the later one second",
                Deprecation::parse,
            ),
            api_docs: reader.on_or_off("API_DOCS", environment == Environment::Development),
            dev_otp: reader.read("DEV_OTP", None, "six digits", |text| {
                (text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()))
                    .then(|| Some(text.to_owned()))
            }),
            rate_limits: reader.on_or_off("RATE_LIMITS", true),
            otp_delivery,
            twilio: TwilioAccount::read(&mut reader, otp_delivery == OtpDelivery::Twilio),
            otp_text: reader.read("OTP_TEXT", providers::OTP_TEXT.to_owned(), "a text with {code}", |text| {
                text.contains("{code}").then(|| text.to_owned())
            }),
            payments,
            razorpay: RazorpayAccount::read(&mut reader, payments == Payments::Razorpay),
            provider_seconds: reader
                .read("PROVIDER_SECONDS", 5, "a number from 1 to 30", |text| number_in(text, 1..=30)),
            public_url: reader.read(
                "PUBLIC_URL",
                format!("http://{listen}"),
                "a URL that starts with https:// or http://, without a path",
                |text| choices::origin(text.trim_end_matches('/')),
            ),
            media_url: reader.read("MEDIA_URL", None, "s3://bucket or s3://bucket/prefix", |text| {
                let bucket = text.strip_prefix("s3://")?.split('/').next()?;
                (!bucket.is_empty()).then(|| Some(text.trim_end_matches('/').to_owned()))
            }),
            assistant_model: reader
                .read("ASSISTANT_MODEL", None, "a model's name", |text| Some(Some(text.to_owned()))),
            assistant_url: reader.read(
                "ASSISTANT_URL",
                None,
                "a URL that starts with https:// or http://",
                |text| {
                    (text.starts_with("https://") || text.starts_with("http://"))
                        .then(|| Some(format!("{}/", text.trim_end_matches('/'))))
                },
            ),
            assistant_key: providers::read_secret(&mut reader, "ASSISTANT_KEY"),
            assistant_seconds: reader
                .read("ASSISTANT_SECONDS", 20, "a number from 1 to 120", |text| number_in(text, 1..=120)),
            allowed_origins: reader.read(
                "ALLOWED_ORIGINS",
                Origins::Any,
                "any, or comma-separated origins",
                Origins::parse,
            ),
            trusted_documents: reader
                .read("TRUSTED_DOCUMENTS", None, "a file", |text| Some(Some(PathBuf::from(text)))),
            explorer: reader.on_or_off("EXPLORER", environment == Environment::Development),
            trusted_proxies: reader.read(
                "TRUSTED_PROXIES",
                Vec::new(),
                "comma-separated IP addresses",
                |text| list(text, |address| address.parse().ok()),
            ),
            event_days: reader
                .read("EVENT_DAYS", 7, "a number from 1 to 365", |text| number_in(text, 1..=365)),
            connection_hours: reader
                .read("CONNECTION_HOURS", 24, "a number from 1 to 168", |text| number_in(text, 1..=168)),
            shutdown_seconds: reader
                .read("SHUTDOWN_SECONDS", 10, "a number from 1 to 300", |text| number_in(text, 1..=300)),
            metrics_token: reader.read(
                "METRICS_TOKEN",
                None,
                "at least 16 printable ASCII characters without spaces",
                |text| {
                    let fits = text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_graphic());
                    fits.then(|| Some(Secret::new(text)))
                },
            ),
            otlp_endpoint: reader.read(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                None,
                "a URL that starts with http:// or https://",
                |text| {
                    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"))?;
                    (!host.is_empty()).then(|| Some(text.trim_end_matches('/').to_owned()))
                },
            ),
        };
        config.check_environment_is_said(&mut reader);
        config.check_production(&mut reader);
        reader.done(config)
    }

    /// Development gives money and codes away: it is a default only where nobody else can reach it.
    fn check_environment_is_said(&self, reader: &mut Reader<'_>) {
        let is_reachable = self.database_url.is_some() || !self.listen.ip().is_loopback();
        if is_reachable && reader.text("APP_ENV").is_none() {
            reader.refuse(
                "APP_ENV",
                None,
                "development or production, said with a DATABASE_URL or a public LISTEN",
            );
        }
    }

    /// Production refuses what only development may do, and asks for what must not be guessed.
    fn check_production(&self, reader: &mut Reader<'_>) {
        if self.environment == Environment::Development {
            return;
        }
        if self.database_url.is_none() {
            reader.refuse("DATABASE_URL", None, "the database of production");
        }
        if self.token_secret.is_none() && reader.text("TOKEN_SECRET").is_none() {
            reader.refuse("TOKEN_SECRET", None, "at least 32 bytes in production");
        }
        if reader.text("PUBLIC_URL").is_none() {
            reader.refuse("PUBLIC_URL", None, "the address by which clients reach the gateway");
        }
        if let Some(code) = &self.dev_otp {
            reader.refuse("DEV_OTP", Some(code.clone()), "nothing in production");
        }
        if !self.rate_limits {
            reader.refuse("RATE_LIMITS", Some("off".to_owned()), "on in production");
        }
        if self.otp_delivery == OtpDelivery::Console {
            reader.refuse(
                "OTP_DELIVERY",
                Some("console".to_owned()),
                "twilio or off in production; console shows codes in the log",
            );
        }
        if self.payments == Payments::Simulated {
            reader.refuse("PAYMENTS", Some("simulated".to_owned()), "razorpay or off in production");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::read(&|name| {
            settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_needs_to_be_set_in_development() {
        let config = read(&[]).unwrap_or_else(|error| unreachable!("{error}"));
        assert_eq!(config.listen.port(), 8080);
        assert_eq!(config.payments, Payments::Simulated);
    }

    #[test]
    fn all_wrong_settings_are_named_together_with_what_is_expected() {
        let error = read(&[
            ("LISTEN", "here"),
            ("REDIS_URL", "http://:password@here"),
            ("DEV_OTP", "12"),
            ("TOKEN_SECRET", "short"),
        ])
        .map(|_| ())
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "These settings cannot be used:\n  \
             LISTEN=here: expected address:port, such as 127.0.0.1:8080\n  \
             REDIS_URL=…: expected a URL that starts with redis:// or rediss://\n  \
             TOKEN_SECRET=…: expected at least 32 bytes\n  \
             DEV_OTP=12: expected six digits\n\
             `society-gateway --help` lists every setting."
        );
    }

    #[test]
    fn production_refuses_conveniences_and_missing_secrets() {
        let error = read(&[("APP_ENV", "production"), ("DEV_OTP", "123456"), ("RATE_LIMITS", "off")])
            .map(|_| ())
            .unwrap_err();
        let names: Vec<_> = error.names().collect();
        assert_eq!(names, ["DATABASE_URL", "TOKEN_SECRET", "PUBLIC_URL", "DEV_OTP", "RATE_LIMITS"]);
    }

    #[test]
    fn a_gateway_that_others_can_reach_is_told_whether_it_is_production() {
        for setting in [("DATABASE_URL", "postgres://db/x"), ("LISTEN", "0.0.0.0:80")] {
            let error = read(&[setting]).map(|_| ()).unwrap_err();
            assert_eq!(error.names().collect::<Vec<_>>(), ["APP_ENV"]);
            assert!(read(&[setting, ("APP_ENV", "development")]).is_ok());
        }
    }

    #[test]
    fn every_setting_is_listed_in_the_help() {
        let asked = std::cell::RefCell::new(std::collections::BTreeSet::new());
        let _ = Config::read(&|name| {
            asked.borrow_mut().insert(name.to_owned());
            None
        });
        let listed = SETTINGS.iter().map(|(name, ..)| (*name).to_owned()).collect();
        assert_eq!(asked.into_inner(), listed);
    }
}
