//go:build unix && !linux

package pgtest

import "syscall"

func orphaned(as *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: as}
}
