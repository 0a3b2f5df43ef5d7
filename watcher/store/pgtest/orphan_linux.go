package pgtest

import "syscall"

// orphaned ends the server when the test's process is killed.
func orphaned(as *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGQUIT}
}
