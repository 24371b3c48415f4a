-- 職員番号, by which the bank knows the person: a person has one record, whatever the role and the login ID. Those from
-- before have none.
ALTER TABLE staff ADD COLUMN person_number TEXT;
CREATE UNIQUE INDEX staff_person ON staff (person_number) WHERE person_number IS NOT NULL;
