package deadman

import "context"

// Round is what Run does once a minute.
func (s *Switch) Round(ctx context.Context) { s.round(ctx) }
