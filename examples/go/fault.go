package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// fault is what a failed call says, read out of the details of its google.rpc.Status (docs/errors.md).
type fault struct {
	code codes.Code
	// reason is what to decide by, never a message. Empty when gRPC or a proxy on the way made the error.
	reason string
	// fields are the faulty ones: path, what it must be, and a reason of its own.
	fields []*errdetails.BadRequest_FieldViolation
	// retryAfter is zero where waiting does not help.
	retryAfter time.Duration
	// sentence is to be shown to the person.
	sentence string
	// message is for developers, and may change.
	message string
}

// faultOf returns what an error says; one that no call made is codes.Unknown and has a message alone.
func faultOf(err error) fault {
	failed := status.Convert(err)
	found := fault{code: failed.Code(), message: failed.Message()}
	for _, detail := range failed.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			found.reason = detail.Reason
		case *errdetails.BadRequest:
			found.fields = detail.FieldViolations
		case *errdetails.RetryInfo:
			found.retryAfter = detail.RetryDelay.AsDuration()
		case *errdetails.LocalizedMessage:
			found.sentence = detail.Message
		}
	}
	return found
}

func (f fault) String() string {
	if f.reason == "" {
		return fmt.Sprintf("%s: %s", f.code, f.message)
	}
	lines := []string{fmt.Sprintf("%s %s", f.code, f.reason)}
	for _, field := range f.fields {
		lines = append(lines, fmt.Sprintf("%s: %s (%s)", field.Field, field.Description, field.Reason))
	}
	if f.retryAfter > 0 {
		lines = append(lines, fmt.Sprintf("again in %.0f s", math.Ceil(f.retryAfter.Seconds())))
	}
	if f.sentence != "" {
		lines = append(lines, "to the person: "+f.sentence)
	}
	return strings.Join(lines, "\n  ")
}
