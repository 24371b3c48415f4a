-- Until when the 初期設定番号 that is out opens the set-up; nothing of one that was printed before this column.
ALTER TABLE contract ADD COLUMN set_up_until_us BIGINT;
