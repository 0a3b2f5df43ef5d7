package feed

import (
	"time"

	"newswatch/news"
)

// The adaptive interval: both functions stand here only until theirs come.

func observe(r news.Rhythm, _ time.Time, _ []time.Time, _ bool) news.Rhythm { return r }

func pause(_ news.Rhythm, _ time.Time) time.Duration { return 0 }
