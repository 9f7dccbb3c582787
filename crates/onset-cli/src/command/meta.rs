//! `onset meta`: models that classify by a description of the label.

use anyhow::Result;
use onset::runs::Shard;
use onset::study::meta_overrides;
use onset::task::descriptions::{CollectionFindings, SetFindings, check_collection};

use super::train::train;
use crate::Ending;
use crate::args::{
    CheckArguments, MetaArguments, MetaCommand, MetaTrainArguments, RunningArguments, TextArguments,
    TrainArguments,
};
use crate::table::table;

/// Checks a collection or trains on it.
pub fn meta(arguments: MetaArguments) -> Result<Ending> {
    match arguments.command {
        MetaCommand::Check(arguments) => check(&arguments),
        MetaCommand::Train(arguments) => train_meta(arguments),
    }
}

fn check(arguments: &CheckArguments) -> Result<Ending> {
    let findings = check_collection(&arguments.collection, &arguments.from)?;
    if !findings.sets.iter().any(|set| set.is_here) {
        anyhow::bail!(
            "no set of {} has its files in {}; fetch one with `onset data fetch NAME`, or name the folder of copies with --from DIR",
            arguments.collection.display(),
            arguments.from.display()
        );
    }
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        show(&findings);
    }
    Ok(if findings.problems().next().is_some() { Ending::Found } else { Ending::Done })
}

fn show(findings: &CollectionFindings) {
    let header =
        ["set", "group", "labels", "descriptions", "training texts", "test texts", "fewest of a label"];
    let row = |set: &SetFindings| {
        let texts = |file: usize| set.labels.iter().map(|(_, _, texts)| texts[file]).sum::<usize>();
        let fewest = set.labels.iter().map(|(_, _, texts)| texts[0]).min().unwrap_or(0);
        let questions: usize = set.labels.iter().map(|(_, questions, _)| questions).sum();
        let numbers =
            [set.labels.len(), questions, texts(0), texts(1), fewest].map(|number| number.to_string());
        [set.name.clone(), set.group.clone()].into_iter().chain(numbers).collect::<Vec<_>>()
    };
    let usable = findings.sets.iter().filter(|set| set.problem.is_none());
    say!("{}", table(&header, usable.clone().map(row)));
    for set in usable {
        let templated = set
            .templated
            .then(|| "its descriptions are made from a template; it does not count in means".into());
        set.remarks.iter().cloned().chain(templated).for_each(|remark| say!("{}: {remark}", set.name));
    }
    for (one, other, count) in &findings.shared {
        say!("{one} and {other} share {count} texts, which are not trained on where one of them is held out");
    }
    let missing: Vec<&str> = findings.sets.iter().filter(|set| !set.is_here).map(|set| &*set.name).collect();
    if !missing.is_empty() {
        say!("not on this machine: {} (`onset data fetch NAME`, or --from DIR)", missing.join(", "));
    }
    findings.problems().for_each(|set| say!("problem: {}", set.problem.as_deref().unwrap_or_default()));
}

/// The same as `onset train COLLECTION`, with the keys that the options stand for.
fn train_meta(arguments: MetaTrainArguments) -> Result<Ending> {
    let MetaTrainArguments { held_out, similar, quick, encoder, .. } = arguments;
    let mut overrides = meta_overrides(&held_out, similar, quick);
    overrides.extend(encoder.map(|encoder| format!("model.pair_encoder='{}'", encoder.name())));
    overrides.extend(arguments.running.overrides);
    let name = arguments.name.unwrap_or_else(|| match held_out.is_empty() {
        true => "meta".into(),
        false => format!("meta-without-{}", held_out.join("-")),
    });
    train(TrainArguments {
        target: arguments.collection.display().to_string(),
        seeds: arguments.seeds,
        seed: None,
        shard: Some(Shard::default()),
        text: TextArguments { from: Some(arguments.from), ..TextArguments::default() },
        pretrained: arguments.pretrained,
        running: RunningArguments { overrides, ..arguments.running },
        out: arguments.out,
        name: Some(name),
        resume: arguments.resume,
    })
}
