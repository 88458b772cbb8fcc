//! Loads a shop's price list, for who sets the shop up.

use std::path::Path;

use super::bar::Bar;
use super::{Outcome, open};
use crate::app::App;
use crate::config::Config;
use crate::journeys::vendor::{Import, Imported, PriceList, import, shop_name};
use crate::request::File;
use crate::values::ShopId;

/// Lists the items of the file that the shop does not have. Fails when a row was left out.
pub(super) async fn run(config: Config, shop: ShopId, path: &Path, how: Import) -> Outcome {
    let content = std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let file = File { name: path.display().to_string(), content: content.into() };
    let list = PriceList::read(&file).await?;
    let opened = open::open(config).await?;
    let outcome = load(&opened.app, shop, list, how).await;
    opened.close().await?;
    outcome
}

async fn load(app: &std::sync::Arc<App>, shop: ShopId, list: PriceList, how: Import) -> Outcome {
    let name = shop_name(&mut *app.read().await?, shop).await?;
    let mut imported = Imported::default();
    let ended = import(app, shop, list, how, Bar::new("Importing"), &mut imported).await;
    let Imported { added, known, problems } = imported;
    problems.iter().for_each(|problem| println!("{problem}"));
    let would = if how == Import::Try { "would be " } else { "" };
    println!("{name}: {added} {would}added, {known} there already, {} left out.", problems.len());
    if let Err(error) = ended {
        let cause = error.cause().map_or_else(|| error.to_string(), ToString::to_string);
        return Err(
            format!("it stopped before the end: {cause}. Run it again: nothing is added twice").into()
        );
    }
    match problems.len() {
        0 => Ok(()),
        1 => Err("a row was left out: correct it, and run it again; nothing is added twice".into()),
        rows => {
            Err(format!("{rows} rows were left out: correct them, and run it again; nothing is added twice")
                .into())
        }
    }
}
