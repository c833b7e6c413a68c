module github.com/smk-go/smk/docs

go 1.26.0

require (
	github.com/hashicorp/golang-lru/v2 v2.0.7
	github.com/smk-go/smk v0.0.0
)

require (
	github.com/planetscale/vtprotobuf v0.6.0 // indirect
	github.com/valyala/bytebufferpool v1.0.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

replace github.com/smk-go/smk => ..
