package rules

import (
	"net/netip"
	"time"

	"newswatch/news"
)

// builder puts the mappings of all files together into one File. Every value in
// them is good; what was refused is absent.
type builder struct {
	l         *loader
	file      *File
	settings  *object
	operators string // the file that names them
	plans     []planned
}

// planned waits for the rules and settings of all files.
type planned struct {
	o    *object
	kind news.PlanKind
}

func newBuilder(l *loader) *builder { return &builder{l: l, file: &File{}} }

// add takes in the root mapping of one file.
func (b *builder) add(root *object) {
	if s := get[*object](root, "settings"); s != nil {
		if b.settings != nil {
			b.twice(root, "settings", b.settings.pos.File)
		}
		b.settings = s
	}
	for _, o := range list[*object](root, "feeds") {
		b.file.Feeds = append(b.file.Feeds, buildFeed(o))
	}
	for _, k := range list[keyed](root, "entities") {
		b.file.Entities = append(b.file.Entities, buildEntity(k))
		b.l.names = append(b.l.names, k.places["name"])
	}
	for _, k := range list[keyed](root, "topics") {
		b.file.Topics = append(b.file.Topics, Topic{ID: k.id, Any: list[Term](k.object, "any"), Except: list[Term](k.object, "except"), Pos: k.pos})
	}
	for _, o := range list[*object](root, "rules") {
		b.file.Rules = append(b.file.Rules, buildRule(o))
	}
	for _, o := range list[*object](root, "digests") {
		b.plans = append(b.plans, planned{o, news.DigestPlan})
	}
	for _, o := range list[*object](root, "alerts") {
		b.plans = append(b.plans, planned{o, news.AlertPlan})
	}
	if o := get[*object](root, "operators"); o != nil {
		if b.file.Operators != nil {
			b.twice(root, "operators", b.operators)
		}
		if to := get[*object](o, "to"); to != nil {
			target := buildTarget(to)
			b.file.Operators, b.operators = &target, o.pos.File
		}
	}
}

func (b *builder) twice(root *object, key, first string) {
	b.l.report(Finding{Pos: root.keys[key], Severity: SeverityError, Code: "duplicate-key", Message: key + " stands in two files; first in " + first})
}

// finish fills in what depends on all files.
func (b *builder) finish() *File {
	if b.settings == nil {
		b.settings = b.l.defaultSettings()
	}
	b.file.Settings = buildSettings(b.settings)
	for _, kind := range []news.PlanKind{news.DigestPlan, news.AlertPlan} {
		for _, p := range b.plans {
			if p.kind == kind {
				b.file.Plans = append(b.file.Plans, b.plan(p))
			}
		}
	}
	return b.file
}

// defaultSettings are the settings of a file that has none.
func (l *loader) defaultSettings() *object {
	r := &decoder{loader: l, doc: &document{lines: []string{""}}, quiet: true}
	return r.object(l.defaults["{}"], "settings", spot{key: "settings"})
}

func buildSettings(o *object) news.Settings {
	s := news.Settings{
		Timezone:             get[*time.Location](o, "timezone"),
		Plurals:              get[string](o, "plurals"),
		SearchIn:             buildFields(o, "search_in"),
		IgnoreBlocks:         list[string](o, "ignore_blocks"),
		IgnoreRepeatedBlocks: get[int](o, "ignore_repeated_blocks"),
		Poll:                 get[string](o, "poll"),
		Backfill:             get[time.Duration](o, "backfill"),
	}
	if n := get[*object](o, "network"); n != nil {
		s.Allow, s.Contact = list[netip.Prefix](n, "allow"), get[string](n, "contact")
	}
	if k := get[*object](o, "keep"); k != nil {
		s.KeepItems, s.KeepStories = get[time.Duration](k, "items"), get[time.Duration](k, "stories")
	}
	if b := get[*object](o, "backup"); b != nil {
		s.Backup = &news.BackupSettings{Cron: get[string](b, "schedule"), Keep: get[int](b, "keep"), Folder: get[string](b, "folder")}
	}
	if p := get[*object](o, "slack"); p != nil {
		s.Slack = news.SlackSettings{
			Quarantine: get[time.Duration](p, "quarantine"),
			LookAgain:  get[time.Duration](p, "look_again"),
			Pace:       get[time.Duration](p, "pace"),
		}
	}
	return s
}

func buildFields(o *object, key string) []news.Field {
	var fields []news.Field
	for _, f := range list[string](o, key) {
		fields = append(fields, news.Field(f))
	}
	return fields
}

func buildFeed(o *object) news.Feed {
	f := news.Feed{
		ID: get[string](o, "id"), Name: get[string](o, "name"), URL: get[string](o, "url"),
		Lang: get[string](o, "lang"), Publisher: get[string](o, "publisher"), Weight: get[int](o, "weight"),
		Tags: list[string](o, "tags"), Poll: get[string](o, "poll"),
		MinInterval: get[time.Duration](o, "min_interval"), UserAgent: get[string](o, "user_agent"),
		Headers: get[[]news.Header](o, "headers"), Login: get[string](o, "login"), Proxy: get[string](o, "proxy"),
		HTTP1: get[bool](o, "http1"), FullText: get[bool](o, "full_text"),
	}
	if f.Name == "" {
		f.Name = f.ID
	}
	return f
}

func buildEntity(k keyed) Entity {
	e := Entity{
		ID: k.id, Name: get[string](k.object, "name"), Type: get[string](k.object, "type"),
		Also: list[Term](k.object, "also"), Surname: list[Term](k.object, "surname"),
		Except: list[Term](k.object, "except"), Without: list[Term](k.object, "without"), Pos: k.pos,
	}
	if e.Name == "" {
		e.Name = e.ID
	}
	if n := get[*object](k.object, "surname_needs"); n != nil {
		e.Needs = &Needs{Any: list[Term](n, "any"), Within: get[Within](n, "within")}
	}
	return e
}

func buildRule(o *object) Rule {
	rule := Rule{ID: get[string](o, "id"), Title: get[string](o, "title"), When: get[Cond](o, "when"), Score: get[int](o, "score"), Pos: o.pos}
	if rule.Title == "" {
		rule.Title = rule.ID
	}
	for _, b := range list[*object](o, "boost") {
		rule.Boosts = append(rule.Boosts, Boost{When: get[Cond](b, "when"), Add: get[int](b, "add")})
	}
	if t := get[*object](o, "tests"); t != nil {
		rule.Tests = Tests{Match: list[Example](t, "match"), NoMatch: list[Example](t, "no_match"), TodoMatch: list[Example](t, "todo_match")}
	}
	return rule
}

func buildCond(o *object) Cond {
	c := Cond{
		All: list[Cond](o, "all"), Any: list[Cond](o, "any"), None: list[Cond](o, "none"),
		In: buildFields(o, "in"), Lang: list[string](o, "lang"), Feeds: list[string](o, "feeds"), Pos: o.pos,
	}
	if n := get[*object](o, "near"); n != nil {
		c.Near = &Near{A: leaves(n, "a"), B: leaves(n, "b"), Within: get[Within](n, "within"), Ordered: get[bool](n, "ordered")}
	}
	if n := get[*object](o, "at_least"); n != nil {
		c.AtLeast = &AtLeast{Times: get[int](n, "times"), Of: leaves(n, "of")}
	}
	return c
}

func leaves(o *object, key string) []Cond {
	var conds []Cond
	for _, t := range list[Term](o, key) {
		conds = append(conds, Cond{Term: &t, Pos: t.Pos})
	}
	return conds
}

// plan builds a digest or alert; "rules: all" means those of all files.
func (b *builder) plan(p planned) news.Plan {
	o := p.o
	plan := news.Plan{
		ID: get[string](o, "id"), Kind: p.kind, Title: get[string](o, "title"),
		Rules: get[planRules](o, "rules"), MinScore: get[int](o, "min_score"), Timezone: get[*time.Location](o, "timezone"),
		Cron: get[string](o, "cron"), MaxStories: get[int](o, "max_stories"), PostEmpty: get[string](o, "when_empty") == "post",
		MinPublishers: get[int](o, "min_publishers"), Wait: get[time.Duration](o, "wait"), Cooldown: get[time.Duration](o, "cooldown"),
		UnlessPublishers: get[int](o, "unless_publishers"), BroadcastAt: get[int](o, "broadcast_at"),
	}
	if plan.Title == "" {
		plan.Title = plan.ID
	}
	if plan.Timezone == nil {
		plan.Timezone = b.file.Settings.Timezone
	}
	if len(plan.Rules) == 0 {
		for _, r := range b.file.Rules {
			plan.Rules = append(plan.Rules, r.ID)
		}
	}
	if to := get[*object](o, "to"); to != nil {
		plan.To = buildTarget(to)
	}
	quiet := o.pos
	if q := get[*object](o, "quiet_hours"); q != nil {
		quiet = q.pos
		plan.Quiet = &news.QuietHours{From: get[int](q, "from"), To: get[int](q, "to"), Days: get[[]time.Weekday](q, "days")}
	}
	b.l.plans = append(b.l.plans, planPlace{plan, o.pos, quiet, o.places})
	return plan
}

func buildTarget(o *object) news.Target {
	return news.Target{
		Slack: get[string](o, "slack"), SlackWebhook: get[string](o, "slack_webhook"), Webhook: get[string](o, "webhook"),
		Mention: list[string](o, "mention"), OnUncertain: news.OnUncertain(get[string](o, "on_uncertain")),
	}
}
