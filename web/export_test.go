package web

import (
	"context"
	"net"
)

// WithListener is the context of requests that come in at a listener.
func WithListener(ctx context.Context, l net.Listener) context.Context { return withListener(ctx, l) }

// ServeOn is Serve at a listener that is open.
func (s *Site) ServeOn(ctx context.Context, l net.Listener) error { return s.serve(ctx, l) }

// The bounds of the listener.
const (
	MaxConnections = maxConnections
	MaxHeaderBytes = maxHeaderBytes
	HeaderTimeout  = headerTimeout
)
