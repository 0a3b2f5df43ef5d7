module newswatch-bench

go 1.26.0

require (
	github.com/coregx/ahocorasick v0.3.1
	newswatch v0.0.0
)

require (
	github.com/robfig/cron/v3 v3.0.1 // indirect
	go.yaml.in/yaml/v4 v4.0.0 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace newswatch => ../..
