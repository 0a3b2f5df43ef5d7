package store

import "time"

// processBegan is where a time begins that only counts on.
var processBegan = time.Now()
