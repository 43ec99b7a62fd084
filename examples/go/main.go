// Command verify verifies an account with a Vietnamese mobile number and asks whether it may post.
//
//	go run . [NUMBER [DATA]]    DATA is where `make run` keeps its files: ../../var unless told otherwise
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/types/known/timestamppb"

	identity "example.com/verify/gen/xacthuc/api/identity/v1"
	otp "example.com/verify/gen/xacthuc/api/otp/v1"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := verify(ctx, argument(1, "0992 000 000"), argument(2, "../../var")); err != nil {
		fmt.Fprintln(os.Stderr, faultOf(err))
		os.Exit(1)
	}
}

func verify(ctx context.Context, phoneNumber, data string) error {
	development, err := openDevelopment(data)
	if err != nil {
		return err
	}
	otpConnection, err := connect(development.OTP, development.Key)
	if err != nil {
		return err
	}
	defer otpConnection.Close()
	identityConnection, err := connect(development.Identity, development.Key)
	if err != nil {
		return err
	}
	defer identityConnection.Close()
	challenges, accounts := otp.NewOtpServiceClient(otpConnection), identity.NewIdentityServiceClient(identityConnection)

	// Every write carries an id of its own. Sent again with the same one it gets the same answer, and nothing happens
	// twice.
	account, err := accounts.RegisterAccount(ctx, &identity.RegisterAccountRequest{
		AccountId: "go-" + uuid.NewString()[:8], // your own id of the account, nothing personal
		FullName:  "Nguyễn Thị Minh Anh",
		BirthDate: &date.Date{Year: 1995, Month: 9, Day: 2},
		Consent:   &identity.Consent{TextVersion: "2026-11", AcceptTime: timestamppb.Now(), Affirmed: true},
		RequestId: uuid.NewString(),
	})
	if err != nil {
		return err
	}
	mayPost := &identity.CheckActionRequest{Name: account.Name, Action: identity.Action_POST}
	before, err := accounts.CheckAction(ctx, mayPost)
	if err != nil {
		return err
	}
	fmt.Println("before:", told(before))

	challenge, err := challenges.StartChallenge(ctx, &otp.StartChallengeRequest{
		PhoneNumber: phoneNumber,
		Purpose:     otp.Challenge_ACCOUNT_VERIFICATION,
		Subject:     account.Name,
		Client:      &otp.Client{DeviceId: "phone-1"},
		RequestId:   uuid.NewString(),
	})
	if err != nil {
		return err
	}
	code, err := development.codeOf(ctx, challenge.Name) // the person would read it from the phone and type it
	if err != nil {
		return err
	}
	checked, err := challenges.CheckCode(ctx, &otp.CheckCodeRequest{
		Name: challenge.Name, Code: code, RequestId: uuid.NewString(),
	})
	if err != nil {
		return err
	}
	fmt.Println("code:", checked.Verdict)

	verified, err := accounts.VerifyPhone(ctx, &identity.VerifyPhoneRequest{
		Name: account.Name, ProofToken: checked.ProofToken, RequestId: uuid.NewString(),
	})
	if err != nil {
		return err
	}
	fmt.Println("account:", verified.State, verified.MaskedPhoneNumber)
	after, err := accounts.CheckAction(ctx, mayPost)
	if err != nil {
		return err
	}
	fmt.Println("after:", told(after))
	return nil
}

// told says a decision. A "no" is an answer, not an error: it names the reason, and what the person should do next.
func told(decision *identity.Decision) string {
	if decision.Allowed {
		return fmt.Sprintf("may post, %s by %s", decision.Reason, decision.LegalBasis)
	}
	return fmt.Sprintf("may not post, %s: %s", decision.Reason, decision.NextStep.GetTextEn())
}

func argument(place int, otherwise string) string {
	if place < len(os.Args) {
		return os.Args[place]
	}
	return otherwise
}
