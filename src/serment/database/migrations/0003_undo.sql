-- What a cancelled appointment goes back to when its cancellation is undone: a request again, else booked.

ALTER TABLE appointments ADD COLUMN was_request boolean NOT NULL DEFAULT false;
