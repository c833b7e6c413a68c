module github.com/smk-go/smk

go 1.26.0

require (
	github.com/leanovate/gopter v0.2.11
	github.com/planetscale/vtprotobuf v0.6.0
	github.com/valyala/bytebufferpool v1.0.0
	golang.org/x/sys v0.49.0
	google.golang.org/protobuf v1.36.12
)
