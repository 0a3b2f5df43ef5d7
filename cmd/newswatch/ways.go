package main

import (
	"newswatch/news"
	"newswatch/notify/slack"
	"newswatch/notify/webhook"
	"newswatch/rules"
)

// checkWays refuses to start with a webhook that cannot be reached as the rules
// want it: its messages would all be held. A secret that vanishes later holds
// them, and the operators are told.
func (a *app) checkWays(f *rules.File) error {
	for _, p := range f.Plans {
		if err := a.checkTarget(p.To); err != nil {
			return usagef("%s %s: %v", p.Kind, p.ID, err)
		}
	}
	if f.Operators == nil {
		return nil
	}
	if err := a.checkTarget(*f.Operators); err != nil {
		return usagef("operators: %v", err)
	}
	return nil
}

func (a *app) checkTarget(t news.Target) error {
	switch {
	case t.SlackWebhook != "":
		return a.checkSecret("slack_webhook", t.SlackWebhook, func(s news.Secret) error { return slack.CheckAddress(s, a.env("SLACK_API_URL")) })
	case t.Webhook == "":
		return nil
	}
	if err := a.checkSecret("webhook", t.Webhook, webhook.CheckAddress); err != nil {
		return err
	}
	signing := webhook.SigningName(t.Webhook)
	if s, err := a.secretOfRules(signing); err != nil || s == "" {
		return err // none: not signed
	}
	return a.checkSecret("webhook", signing, webhook.CheckSigning)
}

// checkSecret says what is wrong with a secret that a target needs.
func (a *app) checkSecret(key, name string, check func(news.Secret) error) error {
	s, err := a.secretOfRules(name)
	if err != nil {
		return err
	}
	if s == "" {
		return usagef("%s: %s names a secret, and there is none; set %s to the address, or %s_FILE to a file that holds it", key, name, name, name)
	}
	if err := check(s); err != nil {
		return usagef("%s: the secret %s cannot be used: %v", key, name, err)
	}
	return nil
}
