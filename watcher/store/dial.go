package store

import (
	"net"
	"time"
)

// pgSilence is how long a database server may be silent on the network, where its
// kernel would answer, until the connection is given up: a failover that takes an
// address along, or a firewall, may swallow all packets and say nothing. Linux alone
// would go on for a quarter of an hour.
const pgSilence = 30 * time.Second

// dialer makes connections to a database server.
func dialer() *net.Dialer {
	return &net.Dialer{
		Control:         giveUpAfter(pgSilence),
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: pgSilence / 2, Interval: pgSilence / 6, Count: 3}, // of one that waits for an answer
	}
}
