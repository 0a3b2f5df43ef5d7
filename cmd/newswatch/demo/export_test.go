package demo

import "time"

// ParseOutlet reads a file in the form of day/ and says only whether it may
// stand there.
func ParseOutlet(src string, date time.Time) error {
	_, err := parseOutlet([]byte(src), date)
	return err
}
