package triage

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"newswatch/news"
	"newswatch/watcher/store"
)

// numberOf reads 3, #3 or 3. as a number in a digest.
func numberOf(w string) (n int, ok bool) {
	n, err := strconv.Atoi(strings.TrimRight(strings.TrimLeft(w, "#"), ".,:;)"))
	return n, err == nil && n >= 0 && n < 1000
}

// ofDigest reads from the beginning of words the digest of which a number follows,
// "desk 3", and gives the words from the number on. A number with a unit is none.
func (r *request) ofDigest(words []string) (plan string, rest []string, ok bool) {
	named := words
	if len(named) > 0 && strings.EqualFold(named[0], "digest") {
		named = named[1:]
	}
	for n := len(named) - 1; n > 0; n-- {
		if _, numbered := numberOf(named[n]); !numbered {
			continue
		}
		if _, _, lasts := length(named[n:]); lasts {
			continue
		}
		name := strings.Trim(strings.Join(named[:n], " "), "“”\"'`")
		for _, p := range r.rules.File.Plans {
			if strings.EqualFold(p.ID, name) || strings.EqualFold(p.Title, name) {
				return p.ID, named[n:], true
			}
		}
	}
	return "", words, false
}

// numbered is the story of a number in the digest that is meant: the newest one of
// a plan where it is named, else that of the button which was pressed, or the newest
// one in the channel.
func (r *request) numbered(ctx context.Context, plan string, n int) (id, planID string, err error) {
	d, err := r.digest(ctx, plan)
	if err != nil {
		return "", "", err
	}
	which := fmt.Sprintf("The digest %s of %s", d.PlanID, r.clock.At(d.CreatedAt))
	id, err = r.cfg.Store.Shown(ctx, d.ID, n)
	if errors.Is(err, store.ErrNotFound) {
		last, err := r.cfg.Store.CountShown(ctx, d.ID)
		if err != nil {
			return "", "", fmt.Errorf("read the digest: %w", err)
		}
		return "", "", asked("%s has the stories 1 to %d, not %d.", which, last, n)
	}
	if err != nil {
		return "", "", fmt.Errorf("read the digest: %w", err)
	}
	r.from = fmt.Sprintf("%s shows it as %d.", which, n)
	return id, d.PlanID, nil
}

// digest is the digest that numbers are about.
func (r *request) digest(ctx context.Context, plan string) (d news.Delivery, err error) {
	if r.Message != "" && plan == "" {
		d, err := r.cfg.Store.Delivery(ctx, r.Message, 1)
		if err == nil && d.Kind == news.KindDigest {
			return d, nil
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return d, fmt.Errorf("read the message: %w", err)
		}
	}
	channel, where := r.Channel, "in this channel"
	switch {
	case plan != "":
		channel, where = "", "by "+plan
	case channel == "":
		where = "by newswatch"
		if plan, err = r.onlyDigest(ctx); err != nil {
			return d, err
		}
	}
	d, err = r.cfg.Store.NewestDigest(ctx, channel, plan)
	if errors.Is(err, store.ErrNotFound) {
		return d, asked("No digest with numbers was posted %s yet; use the story's id, which newswatch stories lists.", where).like("mute 1f686cdf 24h")
	}
	if err != nil {
		return d, fmt.Errorf("read the newest digest: %w", err)
	}
	return d, nil
}

// onlyDigest is the only plan that has posted stories with numbers, "" for none.
// Where no channel says which one is meant, a number in several means nothing.
func (r *request) onlyDigest(ctx context.Context) (string, error) {
	var posted []news.Plan
	for _, p := range r.rules.File.Plans {
		_, err := r.cfg.Store.NewestDigest(ctx, "", p.ID)
		if err == nil {
			posted = append(posted, p)
		} else if !errors.Is(err, store.ErrNotFound) {
			return "", fmt.Errorf("read the newest digest: %w", err)
		}
	}
	if len(posted) > 1 {
		verb, _ := verbOf(r.Words)
		return "", asked("Several digests have numbers: %s. Say of which one.", planIDs(posted)).like(verb + " " + posted[0].ID + " 3")
	}
	if len(posted) == 0 {
		return "", nil
	}
	return posted[0].ID, nil
}
