package watcher

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"newswatch/news"
	"newswatch/rules"
	"newswatch/watcher/store"
)

const (
	watchEvery   = time.Second            // between two looks at the rule file
	missingLooks = 5                      // at no file, until the operators are told
	watchSettle  = 250 * time.Millisecond // from a changed reading to the one that must agree with it
)

// ErrRejected says that a rule file was not taken: the rules in force stay.
var ErrRejected = errors.New("the rule file was not taken")

// watchRules takes a changed rule file when two readings of it agree, so that a
// half-written one is never loaded. It compares bytes, not times or names: so it
// sees every way in which editors and Kubernetes replace a file.
func (w *Watcher) watchRules(ctx context.Context) error {
	missing := 0 // looks at nothing in a row
	for sleep(ctx, watchEvery) == nil {
		first, err := w.cfg.Source()
		if err != nil {
			missing++
			w.unreadable(ctx, missing, err)
			continue
		}
		missing = 0
		if w.knows(first) {
			continue
		}
		if sleep(ctx, watchSettle) != nil {
			return nil
		}
		w.takeSettled(ctx, first)
	}
	return nil
}

// takeSettled takes a source that is still what it was, unless somebody was faster.
func (w *Watcher) takeSettled(ctx context.Context, first rules.Source) {
	w.reload.Lock()
	defer w.reload.Unlock()
	second, err := w.cfg.Source()
	if err != nil || second.Hash() != first.Hash() || second.Hash() == w.looked {
		return
	}
	_ = w.take(ctx, second) // it has logged and told what there is to say
}

// knows says whether a source is what was last taken or rejected, by whomever.
func (w *Watcher) knows(src rules.Source) bool {
	w.reload.Lock()
	defer w.reload.Unlock()
	return src.Hash() == w.looked
}

// unreadable tells of a rule file that is away: to the log at once, to the
// operators when it is more than an editor that puts a new one in its place.
func (w *Watcher) unreadable(ctx context.Context, looks int, err error) {
	switch looks {
	case 1:
		w.cfg.Log.Warn("the rule file cannot be read, the rules in force stay", "err", err)
	case missingLooks:
		w.reload.Lock()
		defer w.reload.Unlock()
		_ = w.reject(ctx, nil, err) // what it returns is what it has logged
		w.looked = ""               // that it is back is to be told, too
	}
}

// Reload reads the rule file anew, at somebody's word.
func (w *Watcher) Reload(ctx context.Context) error {
	w.reload.Lock()
	defer w.reload.Unlock()
	src, err := w.cfg.Source()
	if err != nil {
		return w.reject(ctx, nil, err)
	}
	return w.take(ctx, src)
}

// take puts the rules of a source in force. One with an error, or whose examples
// fail, is rejected: the rules in force stay, and the operators are told once.
// The caller holds the reload lock.
func (w *Watcher) take(ctx context.Context, src rules.Source) (err error) {
	defer func() {
		if err == nil || errors.Is(err, ErrRejected) {
			w.looked = src.Hash() // else the database was in the way: again
		}
	}()
	before := w.Rules()
	rs, report := src.Load(rules.LoadOptions{})
	if rs == nil || report.Failed() > 0 {
		return w.reject(ctx, report, ErrRejected)
	}
	if w.cfg.Check != nil {
		if err := w.cfg.Check(rs.File); err != nil {
			return w.reject(ctx, report, fmt.Errorf("%w: %w", ErrRejected, err))
		}
	}
	ctx = context.WithoutCancel(ctx) // whoever asked may go away; half a reload may not stay
	if err := w.use(ctx, rs); err != nil {
		return w.reject(ctx, report, err)
	}
	w.observe.Loaded(rs.Hash)
	edit := compareRules(before.File, rs.File)
	w.cfg.Log.Info("rules loaded", append([]any{"hash", rs.Hash}, edit.attrs()...)...)
	mended, err := w.catchUp(ctx)
	if err != nil {
		w.cfg.Log.Error("matching anew failed, the next reload tries again", "err", err)
	}
	w.compare(ctx, before, rs, edit, mended)
	w.ringAll()
	return nil
}

// reject says what is wrong with a rule file, once an error.
func (w *Watcher) reject(ctx context.Context, report *rules.Report, err error) error {
	w.observe.Rejected()
	var text bytes.Buffer
	if report != nil {
		report = report.Faults()
		report.Print(&text, false)
	}
	w.cfg.Log.Error("rules not loaded, the old ones stay in force", "err", err, "report", text.String())
	n := news.Notice{
		Kind: "rules_rejected", Headline: "Rules not loaded", Subject: err.Error(), Detail: clipLines(text.String(), 12),
		Footer: "Still running with the rules loaded before. No item is lost: everything fetched meanwhile is matched again once the file loads.",
	}
	if report != nil && len(report.Findings) > 0 {
		f := report.Findings[0]
		n.Subject = fmt.Sprintf("%s line %d, column %d", f.File, f.Line, f.Column)
	}
	if markErr := w.markBad(ctx, n.Subject); markErr != nil {
		err = errors.Join(err, markErr)
	}
	n.DeliveryID = news.NoticeID(n.Kind, n.Subject+n.Detail, w.cfg.Now().UTC().Format(time.DateOnly))
	if d, wanted := w.notice(n); wanted {
		if storeErr := w.cfg.Store.EnqueueNotice(ctx, d); storeErr != nil {
			return fmt.Errorf("%w, and the notice of it could not be stored: %w", err, storeErr)
		}
		w.ring(news.Destinations)
	}
	if text.Len() > 0 {
		err = fmt.Errorf("%w:\n%s", err, text.String())
	}
	return err
}

// markBad notes that the file on disk is not the rules in force from now on, and
// why.
func (w *Watcher) markBad(ctx context.Context, why string) error {
	if w.badSince.IsZero() {
		w.badSince = w.cfg.Now()
	}
	if err := w.cfg.Store.SetMeta(ctx, rulesKey, ""); err != nil {
		return err
	}
	if err := w.cfg.Store.SetMeta(ctx, store.RulesBadWhy, why); err != nil {
		return err
	}
	_, err := w.cfg.Store.Note(ctx, store.RulesBadSince, "", strconv.FormatInt(w.badSince.UnixMilli(), 10))
	return err
}

// catchUp matches what was fetched while the file on disk was not the rules in
// force, now that it is. mended says that there was such a time. Another replica may
// have been faster: what this one fetched since is matched again all the same, as
// long as its own file was broken.
func (w *Watcher) catchUp(ctx context.Context) (mended bool, err error) {
	noted, err := w.cfg.Store.Meta(ctx, store.RulesBadSince)
	if err != nil || noted == "" && w.badSince.IsZero() {
		return false, err
	}
	since := w.badSince
	if noted != "" {
		ms, err := strconv.ParseInt(noted, 10, 64)
		if err != nil {
			return true, fmt.Errorf("read since when the rules were broken: %w", err)
		}
		if t := time.UnixMilli(ms); since.IsZero() || t.Before(since) {
			since = t
		}
	}
	if err := w.rematch(ctx, since); err != nil {
		return true, err
	}
	w.badSince = time.Time{}
	if noted != "" {
		_, err = w.cfg.Store.Note(ctx, store.RulesBadSince, noted, "")
	}
	return true, err
}

// rematchBatch is how many items are matched anew in one transaction.
const rematchBatch = 1000

// rematch matches the items that were fetched while the file on disk was not
// the rules in force, as far as they were not matched under these.
func (w *Watcher) rematch(ctx context.Context, since time.Time) error {
	d := w.desk.Load()
	total := 0
	var batch []news.Item
	flush := func() error {
		err := w.rematchSome(ctx, d.match(batch))
		total += len(batch)
		batch = batch[:0]
		return err
	}
	err := w.cfg.Store.Stale(ctx, d.rules.Hash, since, func(it news.Item) error {
		if batch = append(batch, it); len(batch) < rematchBatch {
			return nil
		}
		return flush()
	})
	if err == nil && len(batch) > 0 {
		err = flush()
	}
	if err != nil {
		return fmt.Errorf("match the items since %s: %w", since.UTC().Format(time.RFC3339), err)
	}
	w.cfg.Log.Info("matched anew", "items", total)
	return nil
}

// rematchSome stores new hits under the lease on the desk, which it waits for.
func (w *Watcher) rematchSome(ctx context.Context, matched []store.Matched) error {
	for deadline := time.Now().Add(2 * w.cfg.Lease); time.Now().Before(deadline); {
		if err := w.cfg.Store.Wake(ctx, news.Desk); err != nil {
			return fmt.Errorf("wake the desk: %w", err)
		}
		leases, err := w.cfg.Store.Claim(ctx, news.Desk, 1, w.cfg.Lease)
		if err != nil {
			return fmt.Errorf("claim the desk: %w", err)
		}
		if len(leases) == 1 {
			err := w.cfg.Store.Rematch(ctx, leases[0], matched)
			if errors.Is(err, store.ErrFenced) {
				continue // somebody corrected stories meanwhile
			}
			return errors.Join(err, w.giveBack(ctx, leases[0], w.cfg.Now()))
		}
		if err := sleep(ctx, shortest); err != nil {
			return err
		}
	}
	return errors.New("the desk stayed taken")
}

func clipLines(s string, most int) string {
	lines := strings.SplitAfterN(s, "\n", most+1)
	if len(lines) > most {
		lines[most] = "…"
	}
	return strings.TrimSpace(strings.Join(lines, ""))
}
