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
    /// Found for the first time, and kept.
    pub new: Vec<&'d Difference>,
    /// Open ones that were not found again, or not as they were.
    pub vanished: Vec<BreakId>,
    /// Open after it.
    pub open: usize,
    /// Found for the first time too, and beyond what is kept of one comparison.
    pub not_kept: usize,
}

/// A break is the same as long as it is about the same, of the same class, with the same facts. One that a person
/// resolved stays resolved while it is the same. At most `kept_max` are kept of those that are new, so that what is
/// open or gone is told from all that was found.
pub fn turn<'d>(known: &[Known], found: &'d [Difference], kept_max: usize) -> Turn<'d> {
    let same = |known: &Known, found: &Difference| {
        known.class == found.class && known.subject == found.subject.to_string() && known.facts == found.facts
    };
    let mut new: Vec<_> = found.iter().filter(|f| !known.iter().any(|k| same(k, f))).collect();
    let not_kept = new.len().saturating_sub(kept_max);
    new.truncate(kept_max);
    let (goes_on, gone): (Vec<_>, Vec<_>) =
        known.iter().filter(|k| !k.resolved).partition(|k| found.iter().any(|f| same(k, f)));
    let vanished = gone.iter().map(|k| k.id).collect();
    Turn { open: new.len() + goes_on.len(), new, vanished, not_kept }
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
            sums: None,
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
        assert_eq!(
            turn(&before, &now, 9),
            Turn { new: vec![&comes], vanished: vec![before[1].id], open: 2, not_kept: 0 }
        );
    }

    #[test]
    fn what_a_person_resolved_stays_resolved_while_it_is_the_same() {
        let resolved = found(1, BreakClass::MissingHere, 100);
        let before = [known(&resolved, true)];
        let same = [resolved];
        assert_eq!(turn(&before, &same, 9), Turn { open: 0, ..Turn::default() });
        let other_amount = [found(1, BreakClass::MissingHere, 101)];
        let other_class = [found(1, BreakClass::Conflicting, 100)];
        for changed in [&other_amount, &other_class] {
            assert_eq!(
                turn(&before, changed, 9),
                Turn { new: vec![&changed[0]], open: 1, ..Turn::default() }
            );
        }
        assert_eq!(turn(&before, &[], 9), Turn::default());
    }

    #[test]
    fn a_break_whose_facts_changed_ends_and_another_begins() {
        let before = [known(&found(1, BreakClass::AmountDiffers, 100), false)];
        let now = [found(1, BreakClass::AmountDiffers, 101)];
        assert_eq!(
            turn(&before, &now, 9),
            Turn { new: vec![&now[0]], vanished: vec![before[0].id], open: 1, not_kept: 0 }
        );
    }
    #[test]
    fn what_is_open_goes_on_however_much_is_found_before_it() {
        let open = found(9, BreakClass::MissingHere, 900);
        let before = [known(&open, false)];
        let now = [1, 2, 3].map(|serial| found(serial, BreakClass::MissingHere, 100));
        let now = [now.to_vec(), vec![open]].concat();
        let expected = Turn { new: vec![&now[0], &now[1]], vanished: vec![], open: 3, not_kept: 1 };
        assert_eq!(turn(&before, &now, 2), expected);
    }
}
