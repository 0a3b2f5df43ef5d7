package notify

// Step names a moment in the way of the news at which a process may die. Tests
// let it die at each of them.
type Step string

// The steps of a delivery. Between a step and the next one lies one commit, or one
// call of the way out.
const (
	AfterRecall  Step = "after-recall"  // what stands at the destination was read
	BeforeIntent Step = "before-intent" // it is due and free to go
	AfterIntent  Step = "after-intent"  // the intent is committed, no byte has left
	AfterPost    Step = "after-post"    // the answer is here, or its lack
	AfterRefusal Step = "after-refusal" // ... and says that nothing was posted
	AfterSettle  Step = "after-settle"  // what came of it is committed
	BetweenParts Step = "between-parts" // ... and there is a next part
	BeforeLook   Step = "before-look"   // the quarantine is over
	AfterLook    Step = "after-look"    // it was looked up, what was found is not committed
	BeforeResend Step = "before-resend" // it is committed that it is to be sent again
)

// Steps lists the steps of a delivery in their order.
func Steps() []Step {
	return []Step{
		AfterRecall, BeforeIntent, AfterIntent, AfterPost, AfterRefusal, AfterSettle, BetweenParts, BeforeLook, AfterLook, BeforeResend,
	}
}
