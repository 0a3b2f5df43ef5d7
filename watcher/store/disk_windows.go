package store

import "golang.org/x/sys/windows"

// freeSpace is how many bytes may still be written in a folder.
func freeSpace(folder string) (bytes int64, known bool) {
	name, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return 0, false
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(name, &free, nil, nil); err != nil {
		return 0, false
	}
	return int64(free), true
}

// syncFolder does nothing: NTFS keeps names in a log of its own.
func syncFolder(string) error { return nil }
