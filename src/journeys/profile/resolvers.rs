//! People and their onboarding in GraphQL.

use async_graphql::{ComplexObject, Context, InputObject, MaybeUndefined, Object, SimpleObject};
use chrono::{DateTime, Utc};

use crate::app::Role;
use crate::error::{Error, Result};
use crate::journeys::profile::avatar;
use crate::journeys::profile::verbs::{self, Basics, ConsumerDetails, ProfileChange, Updated};
use crate::journeys::profile::{ConsumerProfile, ConsumerProfileOf, User};
use crate::request::{Reach, Upload, load};
use crate::values::{Date, optional_text, required_text, word};

/// Reads of the person who asks.
#[derive(Default)]
pub struct ProfileQuery;

#[Object]
impl ProfileQuery {
    /// The person who is signed in.
    async fn me(&self, ctx: &Context<'_>) -> Result<User> {
        let user = ctx.viewer()?.user_id;
        User::find(&mut *ctx.app()?.read().await?, user).await
    }

    /// What the signed-in consumer told about themselves. Errors: `NOT_FOUND` before consumer onboarding.
    async fn consumer_profile(&self, ctx: &Context<'_>) -> Result<ConsumerProfile> {
        let phone = ctx.consumer()?.phone.clone();
        load(ctx, ConsumerProfileOf(phone))
            .await?
            .ok_or_else(|| Error::not_found("Consumer profile not found"))
    }
}

#[ComplexObject]
impl User {
    /// What the person told about themselves as a consumer; null before consumer onboarding.
    async fn consumer_profile(&self, ctx: &Context<'_>) -> Result<Option<ConsumerProfile>> {
        load(ctx, ConsumerProfileOf(self.phone.clone())).await
    }
}

word! {
    /// What a person may choose to be. Other roles are granted by the operator.
    OnboardingRole {
        /// Buys.
        Consumer = "consumer",
        /// Sells, in one shop.
        Vendor = "vendor",
    }
}

impl From<OnboardingRole> for Role {
    fn from(chosen: OnboardingRole) -> Role {
        match chosen {
            OnboardingRole::Consumer => Role::Consumer,
            OnboardingRole::Vendor => Role::Vendor,
        }
    }
}

/// What everybody tells about themselves. Texts have 1 to 100 characters; blanks around them are cut off.
#[derive(InputObject)]
pub struct BasicOnboardingInput {
    /// The person's name.
    name: String,
    /// The city they live in, as its shops spell it.
    city: String,
    /// The society they live in, as its shops spell it.
    society: String,
    /// What they want to do here. It cannot be changed later.
    role: OnboardingRole,
}

impl BasicOnboardingInput {
    fn check(self) -> Result<Basics> {
        Ok(Basics {
            name: required("name", &self.name)?,
            city: required("city", &self.city)?,
            society: required("society", &self.society)?,
            role: self.role.into(),
        })
    }
}

/// What a consumer tells about themselves. Everything may be left out; blank text counts as left out.
#[derive(InputObject)]
pub struct ConsumerOnboardingInput {
    /// Their flat, such as "B-1204"; at most 50 characters.
    flat_number: Option<String>,
    /// The address of their picture; at most 255 characters.
    profile_image_url: Option<String>,
    /// As they put it; at most 10 characters.
    gender: Option<String>,
    /// When they were born: from 1900 on, not in the future.
    date_of_birth: Option<Date>,
    /// The language they want to read; at most 20 characters.
    preferred_language: Option<String>,
}

impl ConsumerOnboardingInput {
    fn check(self, now: DateTime<Utc>) -> Result<ConsumerDetails> {
        Ok(ConsumerDetails {
            flat_number: optional("flatNumber", self.flat_number.as_deref(), 50)?,
            profile_image_url: optional("profileImageUrl", self.profile_image_url.as_deref(), 255)?,
            gender: optional("gender", self.gender.as_deref(), 10)?,
            date_of_birth: day_of_birth(self.date_of_birth, now)?,
            preferred_language: optional("preferredLanguage", self.preferred_language.as_deref(), 20)?,
        })
    }
}

/// What becomes different about a consumer. What is absent stays; null and blank text clear, except the name.
#[derive(InputObject)]
pub struct UpdateProfileInput {
    /// The person's name, 1 to 100 characters. Null is refused.
    name: MaybeUndefined<String>,
    /// Their flat, such as "B-1204"; at most 50 characters.
    flat_number: MaybeUndefined<String>,
    /// The address of their picture; at most 255 characters.
    profile_image_url: MaybeUndefined<String>,
    /// Their picture itself, in place of an address: a JPEG, PNG or WebP of at most 5 MB, sent as a multipart request. It is
    /// shown upright, with at most 512 pixels on a side and without what the file said beside the picture.
    avatar: Option<Upload>,
    /// As they put it; at most 10 characters.
    gender: MaybeUndefined<String>,
    /// When they were born: from 1900 on, not in the future.
    date_of_birth: MaybeUndefined<Date>,
    /// The language they want to read; at most 20 characters.
    preferred_language: MaybeUndefined<String>,
}

impl UpdateProfileInput {
    fn check(&self, now: DateTime<Utc>) -> Result<ProfileChange> {
        let text = |field: &'static str, given: &MaybeUndefined<String>, max| {
            given.as_opt_deref().map(|text| optional(field, text, max)).transpose()
        };
        Ok(ProfileChange {
            name: self.name.as_opt_deref().map(name).transpose()?,
            flat_number: text("flatNumber", &self.flat_number, 50)?,
            profile_image_url: text("profileImageUrl", &self.profile_image_url, 255)?,
            gender: text("gender", &self.gender, 10)?,
            date_of_birth: self
                .date_of_birth
                .as_opt_ref()
                .map(|day| day_of_birth(day.copied(), now))
                .transpose()?,
            preferred_language: text("preferredLanguage", &self.preferred_language, 20)?,
            updated_at: now,
        })
    }
}

fn name(given: Option<&str>) -> Result<String> {
    match given.map_or("", str::trim) {
        "" => Err(Error::bad_input("name", "Name cannot be empty")),
        text => required("name", text),
    }
}

fn required(field: &'static str, text: &str) -> Result<String> {
    required_text(text, 100).map_err(|problem| Error::bad_input(field, format!("{field} {problem}")))
}

fn optional(field: &'static str, text: Option<&str>, max: usize) -> Result<Option<String>> {
    optional_text(text, max).map_err(|problem| Error::bad_input(field, format!("{field} {problem}")))
}

fn day_of_birth(given: Option<Date>, now: DateTime<Utc>) -> Result<Option<Date>> {
    match given {
        Some(Date(day)) if day > now.date_naive() || chrono::Datelike::year(&day) < 1900 => {
            Err(Error::bad_input("dateOfBirth", "dateOfBirth is a day from 1900 on, not in the future"))
        }
        given => Ok(given),
    }
}

/// What a step of onboarding came to.
#[derive(SimpleObject)]
pub struct OnboardingPayload {
    /// A sentence to show.
    message: String,
    /// The person as they are now.
    user: User,
}

/// What becomes different about a person, whatever their role. What is absent stays.
#[derive(InputObject)]
pub struct UpdateMeInput {
    /// The person's name, 1 to 100 characters. Null is refused.
    name: MaybeUndefined<String>,
}

/// What came of a change to a person.
#[derive(SimpleObject)]
pub struct UserPayload {
    /// A sentence to show.
    message: &'static str,
    /// The person as they are now.
    user: User,
}

/// What came of a change to a profile.
#[derive(SimpleObject)]
pub struct ProfilePayload {
    /// A sentence to show.
    message: &'static str,
    /// The profile as it is now.
    profile: ConsumerProfile,
    /// The person as they are now.
    user: User,
}

/// Onboarding, and changes of a profile.
#[derive(Default)]
pub struct ProfileMutation;

#[Object]
impl ProfileMutation {
    /// Says who the signed-in person is and what they want to do here. Tokens that were issued before go on to work.
    ///
    /// Once complete, later calls change nothing. Errors: `BAD_INPUT` that names the field.
    async fn complete_basic_onboarding(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who the person is.")] input: BasicOnboardingInput,
    ) -> Result<OnboardingPayload> {
        let id = ctx.viewer()?.user_id;
        let basics = input.check()?;
        let app = ctx.app()?;
        let now = app.clock.now();
        let (completed, user) = app
            .write(async move |conn| {
                let completed = verbs::complete_basic(conn, id, &basics, now).await?;
                Ok((completed, User::find(conn, id).await?))
            })
            .await?;
        app.sessions.forget(id);
        let message =
            if completed { "Basic onboarding complete" } else { "Basic onboarding already complete" };
        Ok(OnboardingPayload { message: message.to_owned(), user })
    }

    /// Completes the signed-in consumer's profile.
    ///
    /// Errors: `BAD_INPUT` that names the field; `CONFLICT` before basic onboarding and when it was completed before.
    async fn complete_consumer_onboarding(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the consumer tells about themselves.")] input: ConsumerOnboardingInput,
    ) -> Result<OnboardingPayload> {
        let id = ctx.consumer()?.user_id;
        let app = ctx.app()?;
        let now = app.clock.now();
        let details = input.check(now)?;
        let user =
            app.write(async move |conn| verbs::complete_consumer(conn, id, &details, now).await).await?;
        Ok(OnboardingPayload { message: "Consumer onboarding done".to_owned(), user })
    }

    /// Changes what the signed-in person told about themselves at basic onboarding, whatever their role. Phone, city and
    /// society stay as they are.
    ///
    /// Errors: `BAD_INPUT` that names the field; `ONBOARDING_REQUIRED` before basic onboarding.
    async fn update_me(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What becomes different.")] input: UpdateMeInput,
    ) -> Result<UserPayload> {
        let id = ctx.viewer()?.onboarded()?.user_id;
        let name = input.name.as_opt_deref().map(name).transpose()?;
        let app = ctx.app()?;
        let now = app.clock.now();
        let user = match name {
            Some(name) => app.write(async move |conn| verbs::rename(conn, id, &name, now).await).await?,
            None => User::find(&mut *app.read().await?, id).await?,
        };
        app.sessions.forget(id);
        Ok(UserPayload { message: "Profile updated", user })
    }

    /// Changes what the signed-in consumer told about themselves. Phone, city and society stay as they are.
    ///
    /// Errors: `BAD_INPUT` that names the field, `avatar` for a file that is no such image, is broken or has too many
    /// pixels; `NOT_FOUND` before consumer onboarding.
    async fn update_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What becomes different.")] input: UpdateProfileInput,
    ) -> Result<ProfilePayload> {
        let id = ctx.consumer()?.user_id;
        let app = ctx.app()?;
        let mut change = input.check(app.clock.now())?;
        let sent = match input.avatar {
            Some(upload) => Some(avatar::keep(app, id, ctx.scope()?.file(upload, "avatar")?).await?),
            None => None,
        };
        if sent.is_some() {
            change.profile_image_url = Some(sent.clone());
        }
        let updated = app.write(async move |conn| verbs::update_consumer(conn, id, &change).await).await;
        // What nobody shows any more: the picture of before, or this one if it came to nothing.
        let obsolete = updated.as_ref().map_or(sent, |updated| updated.former_picture.clone());
        avatar::forget(app, id, obsolete).await;
        let Updated { user, profile, .. } = updated?;
        app.sessions.forget(id);
        Ok(ProfilePayload { message: "Profile updated", profile, user })
    }
}
