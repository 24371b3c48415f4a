//! `mpn bench start`: from the start of the process to ready, on a new data folder and on one that is there.

use std::time::Duration;

use crate::demo::Demo;
use crate::report::Report;

/// Starts the demo `runs` times on new folders and again on each.
pub async fn run(runs: usize) -> anyhow::Result<Report> {
    let mut report = Report::new("Start to ready");
    let (mut first, mut again, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        let folder = tempfile::tempdir()?;
        let demo = Demo::start(folder.path(), None).await?;
        first.push(demo.ready_after);
        demo.stop().await?;
        let demo = Demo::start(folder.path(), None).await?;
        again.push(demo.ready_after);
        tokio::time::sleep(Duration::from_millis(500)).await;
        memory.extend(demo.resident_kib());
        demo.stop().await?;
    }
    report.add("first start, schema and samples made", first);
    report.add("start on data that is there", again);
    memory.sort_unstable();
    if let Some(median) = memory.get(memory.len() / 2) {
        report.note(format!("idle memory of bank, hub and mocks together: {} MiB (median)", median / 1024));
    }
    Ok(report)
}
