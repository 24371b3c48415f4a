//! What two people set of one collector, each from a day on. How a value is written and what it does belongs to the
//! directory of the collectors.

use std::borrow::Cow;

use domain::CollectorNumber;
use gateway::directory::SetPart;
use gateway::{set_part, setting_name};

use super::Setting;

/// Of a setting: what it is where nobody has set it, a typed value as it is kept, and a kept value in words.
type Functions = (fn() -> String, fn(&str) -> Result<String, &'static str>, fn(&str) -> String);

impl Setting {
    /// What is set of this part of a collector.
    pub fn of_collector(collector: &CollectorNumber, part: SetPart) -> Self {
        let (embedded, read, shown): Functions = match part {
            SetPart::Suspension => (
                || SetPart::Suspension.unset(),
                |typed| SetPart::Suspension.read(typed),
                |kept| SetPart::Suspension.shown(kept),
            ),
            SetPart::Hours => (
                || SetPart::Hours.unset(),
                |typed| SetPart::Hours.read(typed),
                |kept| SetPart::Hours.shown(kept),
            ),
            SetPart::Fee => {
                (|| SetPart::Fee.unset(), |typed| SetPart::Fee.read(typed), |kept| SetPart::Fee.shown(kept))
            }
        };
        Self {
            name: Cow::Owned(setting_name(collector, part)),
            label: Cow::Owned(format!("収納機関 {collector} の{}", part.label())),
            hint: match part {
                SetPart::Fee => {
                    "「金額:手数料」を、小さい金額から空白で区切って入力します。例: 1:110 30000:330。なしは none、一覧表の登録に戻すときは row です。"
                }
                SetPart::Suspension | SetPart::Hours => "",
            },
            embedded,
            read,
            shown,
            one_day: false,
        }
    }

    /// The collector and the part of it, where it is a collector's.
    pub fn collector(&self) -> Option<(CollectorNumber, SetPart)> {
        set_part(&self.name)
    }
}
