package health

import (
	"fmt"
	"net/http"

	"newswatch/news"
)

// Explain says in plain words what a kind of failure means, and what a person
// can do about it.
func Explain(c news.FailClass, status int) (what, advice string) {
	switch c {
	case news.FailNetwork:
		return "no connection to its server", "if others fail too, look at this machine's network and DNS; else its server is down, or its name has gone"
	case news.FailTimeout:
		return "no whole answer in time", "its server is slow or overloaded; if it lasts, another address of the feed may do: newswatch feeds discover"
	case news.FailTLS:
		return "its certificate or encryption is not in order", "an expired certificate is for the publisher to renew; look also at this machine's clock and CA certificates"
	case news.FailForbidden:
		return "its address is not a public one", "for a feed in your own network name the range in settings.network.allow"
	case news.FailRedirect:
		return "its redirects lead nowhere", "open the address in a browser and take the one where it ends"
	case news.FailSetup:
		return "a secret of the feed is missing or of no use", "set it as docs/operations.md says, or mend the rules: the feed is asked within 15 minutes"
	case news.FailGone:
		return "410: the publisher has ended it; it is not asked any more", "take it out of the rules, or find its successor: newswatch feeds discover"
	case news.FailMissing:
		return "404: there is nothing at its address", "it has moved or was ended: newswatch feeds discover finds what the site offers now"
	case news.FailBlocked:
		return blocked(status)
	case news.FailLimited:
		return "the server asks for a pause", "nothing to do: the pause is kept; if this comes often, give the feed a longer poll:"
	case news.FailServer:
		return server(status)
	case news.FailNotFeed:
		return "a page came where the feed should be", "a consent page, a login or an error page: open the address in a browser; newswatch parse shows what comes"
	case news.FailDamaged:
		return "the feed comes cut off or broken; what can be read of it is", "tell the publisher; newswatch parse shows what is read"
	case news.FailBomb:
		return "the answer swells beyond all measure, so it is not read", "no feed does this by accident: take it out of the rules until the publisher has explained it"
	}
	return "it failed", "newswatch feeds explain shows the error"
}

func blocked(status int) (what, advice string) {
	const ask = "try a user_agent: that names you, or ask the publisher to let newswatch in; it never pretends to be a browser"
	switch status {
	case http.StatusUnauthorized:
		return "401: the feed wants a login, or refuses the one it was given", "name its secret in login: or headers:; if it is named there, the secret may be wrong"
	case http.StatusForbidden:
		return "403: the publisher's bot wall, or a ban", ask
	}
	return "the publisher's bot wall does not let us in", ask
}

func server(status int) (what, advice string) {
	advice = "mostly over in hours; if it lasts, open the address in a browser and tell the publisher"
	if status == 0 {
		return "its server answers with an error", advice
	}
	what = fmt.Sprintf("its server answers with an error, status %d", status)
	if name := http.StatusText(status); name != "" {
		what += " " + name
	}
	return what, advice
}
