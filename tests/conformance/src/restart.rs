//! What the declaration's commands do to the collector: it is restarted in the middle, or its clock is set.

use std::process::Stdio;

use domain::Date;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::{Duration, Instant, sleep, timeout};

use crate::case::Ask;
use crate::declaration::Declaration;
use crate::hub::{Got, Hub};
use crate::letters::Writer;
use crate::text::Text;

/// How long a connection may take to end after the collector has stopped.
const END_WAIT: Duration = Duration::from_secs(1);
/// A time at which every collector is open, in Japan.
const MORNING: &str = "T10:00:00+09:00";
const PAUSE: Duration = Duration::from_millis(50);

/// Runs a command of the declaration to its end.
async fn carry_out(declaration: &Declaration, words: &[String]) -> Result<(), Text> {
    let [program, arguments @ ..] = words else {
        return Err(Text::new("the declaration has no command", "コマンドが宣言されていません。"));
    };
    let wait = declaration.restart_wait;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        // to the terminal: no pipe, which what the command leaves running would break on
        .stderr(Stdio::inherit())
        .current_dir(&declaration.folder)
        .kill_on_drop(true);
    match timeout(wait, command.status()).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(Text::new(
            format!("{program} ended with {status}; what it printed stands above"),
            format!("{program} が失敗しました({status})。出力は上に表示されています。"),
        )),
        Ok(Err(error)) => Err(Text::new(format!("{program}: {error}"), format!("{program}: {error}"))),
        Err(_) => {
            let seconds = wait.as_secs();
            Err(Text::new(
                format!("{program} did not end within {seconds} seconds"),
                format!("{program} が {seconds} 秒以内に終わりませんでした。"),
            ))
        }
    }
}

/// Sets the collector's clock to the morning of a day by the declaration's command, and with it the kit's own day.
pub async fn set_clock(hub: &Hub, day: Date) -> Result<(), Text> {
    let declaration = hub.declaration();
    let time = format!("{day}{MORNING}");
    let words = declaration.clock.iter().flatten().map(|word| word.replace("{time}", &time));
    let words: Vec<String> = words.collect();
    carry_out(declaration, &words).await.map_err(|why| {
        Text::new(
            format!("the collector's clock could not be set: {}", why.en),
            format!("収納機関の時計を設定できません。{}", why.ja),
        )
    })?;
    hub.set_today(day);
    Ok(())
}

/// Runs the command, waits until the collector answers again, and sees by a connection from before that it has stopped.
pub async fn restart(hub: &Hub) -> Result<(), Text> {
    let declaration = hub.declaration();
    let wait = declaration.restart_wait;
    let failed = |en: String, ja: String| {
        Text::new(
            format!("the collector could not be restarted: {en}"),
            format!("収納機関を再起動できません。{ja}"),
        )
    };
    let mut held = match declaration.restart_keeps_connections {
        true => None,
        false => hub.hold().await,
    };
    let words = declaration.restart.as_deref().unwrap_or_default();
    let program = words.first().map_or("restart", String::as_str);
    carry_out(declaration, words).await.map_err(|why| failed(why.en, why.ja))?;
    let begun = Instant::now();
    while begun.elapsed() < wait {
        let ask = Ask::default();
        let writer = Writer { hub, ask: &ask, key: hub.next_key(hub.today()) };
        if let Ok(letter) = writer.counter(hub.today())
            && let Got::Answer(_) = hub.exchange(&letter, None, begun).await.got
        {
            if let Some(held) = &mut held
                && !has_ended(held).await
            {
                return Err(failed(
                    format!(
                        "{program} ended well, but a connection from before it is still open, so the collector \
                         never stopped; where a proxy in front of it keeps connections, declare \
                         restart_keeps_connections = true"
                    ),
                    format!(
                        "{program} は成功しましたが、実行前の接続が切れていないため、収納機関は停止していません。\
                         前段のプロキシが接続を保つ場合は restart_keeps_connections = true を宣言してください。"
                    ),
                ));
            }
            return Ok(());
        }
        sleep(PAUSE).await;
    }
    let seconds = wait.as_secs();
    Err(failed(
        format!("it did not answer within {seconds} seconds after it"),
        format!("再起動後 {seconds} 秒以内に応答しませんでした。"),
    ))
}

/// Whether the other side has ended a connection on which nothing was ever sent.
async fn has_ended(held: &mut TcpStream) -> bool {
    let mut some = [0; 64];
    let mut read = async || loop {
        // what a server says of itself unasked is no end
        if let Ok(0) | Err(_) = held.read(&mut some).await {
            return;
        }
    };
    timeout(END_WAIT, read()).await.is_ok()
}
