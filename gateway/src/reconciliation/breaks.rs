//! Breaks over several comparisons of a day: which are new, which go on, which are gone. Pure.

use domain::BreakId;

use super::compare::{BreakClass, BreakFacts, Difference};

/// A break of an earlier comparison of the day that is open or was resolved by a person. One that a comparison ended is
/// none of these: found again, it is a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: BreakId,
    /// Its class.
    pub class: BreakClass,
    /// What it is about.
    pub subject: String,
    /// Both sides, as they were found.
    pub facts: BreakFacts,
    /// Whether a person resolved it.
    pub resolved: bool,
}

/// What a comparison does to the breaks of its day.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Turn<'d> {
    /// Found for the first time.
    pub new: Vec<&'d Difference>,
    /// Open ones that were not found again, or not as they were.
    pub vanished: Vec<BreakId>,
    /// Open after it.
    pub open: usize,
}

/// A break is the same as long as it is about the same, of the same class, with the same facts. One that a person
/// resolved stays resolved while it is the same.
pub fn turn<'d>(known: &[Known], found: &'d [Difference]) -> Turn<'d> {
    let same = |known: &Known, found: &Difference| {
        known.class == found.class && known.subject == found.subject.to_string() && known.facts == found.facts
    };
    let new: Vec<_> = found.iter().filter(|f| !known.iter().any(|k| same(k, f))).collect();
    let (goes_on, gone): (Vec<_>, Vec<_>) =
        known.iter().filter(|k| !k.resolved).partition(|k| found.iter().any(|f| same(k, f)));
    Turn { open: new.len() + goes_on.len(), new, vanished: gone.iter().map(|k| k.id).collect() }
}

#[cfg(test)]
mod tests {
    use domain::{Serial, Yen};

    use super::super::compare::{Advice, CollectorFacts, Subject};
    use super::*;

    fn found(serial: u32, class: BreakClass, amount: i64) -> Difference {
        let facts = BreakFacts {
            hub: None,
            collector: vec![CollectorFacts { status: "cleared".to_owned(), amount: Yen::new(amount) }],
            advice: Advice::UndoThere,
        };
        let subject = Subject::Serial(Serial::new(serial).unwrap());
        Difference { class, subject, facts, difference: Yen::new(amount) }
    }

    fn known(found: &Difference, resolved: bool) -> Known {
        Known {
            id: BreakId::generate(),
            class: found.class,
            subject: found.subject.to_string(),
            facts: found.facts.clone(),
            resolved,
        }
    }

    #[test]
    fn what_is_found_again_goes_on_and_what_is_not_is_gone() {
        let stays = found(1, BreakClass::MissingHere, 100);
        let goes = found(2, BreakClass::MissingHere, 200);
        let comes = found(3, BreakClass::Duplicate, 300);
        let before = [known(&stays, false), known(&goes, false)];
        let now = [stays, comes.clone()];
        assert_eq!(turn(&before, &now), Turn { new: vec![&comes], vanished: vec![before[1].id], open: 2 });
    }

    #[test]
    fn what_a_person_resolved_stays_resolved_while_it_is_the_same() {
        let resolved = found(1, BreakClass::MissingHere, 100);
        let before = [known(&resolved, true)];
        let same = [resolved];
        assert_eq!(turn(&before, &same), Turn { open: 0, ..Turn::default() });
        let other_amount = [found(1, BreakClass::MissingHere, 101)];
        let other_class = [found(1, BreakClass::Conflicting, 100)];
        for changed in [&other_amount, &other_class] {
            assert_eq!(turn(&before, changed), Turn { new: vec![&changed[0]], open: 1, vanished: vec![] });
        }
        assert_eq!(turn(&before, &[]), Turn::default());
    }

    #[test]
    fn a_break_whose_facts_changed_ends_and_another_begins() {
        let before = [known(&found(1, BreakClass::AmountDiffers, 100), false)];
        let now = [found(1, BreakClass::AmountDiffers, 101)];
        assert_eq!(turn(&before, &now), Turn { new: vec![&now[0]], vanished: vec![before[0].id], open: 1 });
    }
}
