package watcher

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"newswatch/news"
	"newswatch/schedule"
)

const (
	backupLook  = 30 * time.Second // between two looks at the clock
	backupAgain = time.Hour        // after one that failed
)

// backupKey is where the database keeps which slot had its backup last.
const backupKey = "backup"

// backedUp is what is noted of backups. In a backup itself the one before it is noted,
// so that a state which was restored is backed up soon.
type backedUp struct {
	Slot string `json:"slot,omitempty"` // "": none was made yet, the time is when they were asked for
	At   int64  `json:"at"`             // of the slot, Unix milliseconds
}

// backUp copies the state at the times of settings.backup, one copy at a time. What
// goes wrong with it is told, and disturbs nothing else.
func (w *Watcher) backUp(ctx context.Context) error {
	said := false // that there are none here
	for sleep(ctx, backupLook) == nil {
		b := w.Rules().File.Settings.Backup
		if b == nil {
			said = false
			continue
		}
		if err := w.cfg.Store.BacksUp(); err != nil {
			if !said {
				w.cfg.Log.Warn("settings.backup does nothing here", "err", err)
			}
			said = true
			continue
		}
		if err := w.backUpOnce(ctx, *b); err != nil && ctx.Err() == nil {
			w.cfg.Log.Error("the backup failed, trying again", "folder", b.Folder, "in", backupAgain, "err", err)
			if err := w.tellBackup(ctx, *b, err); err != nil {
				w.cfg.Log.Error("telling the operators of it failed too", "err", err)
			}
			_ = sleep(ctx, backupAgain) // the loop sees to a context that ended
		}
	}
	return nil
}

// backUpOnce makes the backup of the newest slot that has come, if there is one that
// has none yet.
func (w *Watcher) backUpOnce(ctx context.Context, b news.BackupSettings) error {
	last, err := w.lastBackup(ctx)
	if err != nil {
		return err
	}
	times, err := schedule.Parse(b.Cron)
	if err != nil {
		return fmt.Errorf("schedule of the backups: %w", err)
	}
	now := w.cfg.Now()
	since := time.UnixMilli(last.At)
	if last.At == 0 || since.After(now) { // they were not asked for before, or the clock was ahead
		return w.noteBackup(ctx, backedUp{Slot: last.Slot, At: now.UnixMilli()})
	}
	slot, missed, due := times.Latest(since, now, w.zone())
	if !due {
		return nil
	}
	began := w.cfg.Now()
	made, err := w.cfg.Store.BackUpInto(ctx, b.Folder, b.Keep)
	if made.Path == "" {
		return err
	}
	// An old copy that cannot be deleted is no reason to make this one again and again.
	w.cfg.Log.Info("backed up", "file", made.Path, "bytes", made.Bytes, "took", w.cfg.Now().Sub(began), "slot", slot.Name, "missed", missed)
	return errors.Join(err, w.noteBackup(ctx, backedUp{Slot: slot.Name, At: slot.At.UnixMilli()}))
}

func (w *Watcher) lastBackup(ctx context.Context) (last backedUp, err error) {
	noted, err := w.cfg.Store.Meta(ctx, backupKey)
	if err != nil || noted == "" {
		return last, err
	}
	if err := json.Unmarshal([]byte(noted), &last); err != nil {
		w.cfg.Log.Warn("when the last backup was made cannot be read, they begin anew", "err", err)
		return backedUp{}, nil
	}
	return last, nil
}

func (w *Watcher) noteBackup(ctx context.Context, b backedUp) error {
	text, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("note the backup: %w", err)
	}
	return w.cfg.Store.SetMeta(ctx, backupKey, string(text))
}

// tellBackup tells the operators of a backup that failed, once a day.
func (w *Watcher) tellBackup(ctx context.Context, b news.BackupSettings, why error) error {
	d, wanted := w.notice(news.Notice{
		DeliveryID: news.NoticeID("backup_failed", "", w.cfg.Now().In(w.zone()).Format(time.DateOnly)),
		Kind:       "backup_failed", Headline: "No backup was made", Subject: b.Folder, Detail: why.Error(),
		Footer: "It is tried again each hour. All else goes on; older backups are left as they are.",
	})
	if !wanted {
		return nil
	}
	if err := w.cfg.Store.EnqueueNotice(ctx, d); err != nil {
		return fmt.Errorf("store the notice of the backup: %w", err)
	}
	w.ring(news.Destinations)
	return nil
}
