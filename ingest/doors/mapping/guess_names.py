"""What logs call the things that contracts hold: the likeliest name first. Names are compared in snake case."""


def _names(text: str) -> list[str]:
    return text.split()


TIME = _names(
    "timestamp occurred_at event_time request_time start_time started_at "
    "created_at created time ts datetime date_time "
    "date logged_at end_time at when"
)

ENVELOPE = {
    "user_id": _names("user_id userid end_user end_user_id customer_id distinct_id uid anonymous_id user account_id"),
    "session_id": _names("session_id sessionid conversation_id thread_id chat_id session conversation"),
    "trace_id": _names("trace_id traceid"),
    "environment": _names("environment env stage deployment_environment"),
    "team": _names("team team_id team_alias team_name"),
    "feature": _names("feature feature_name app app_name application"),
}

EXECUTION_TEXTS = {
    "model": _names("response_model model model_name main_model model_id llm_model llm model_used engine deployment"),
    "provider": _names("provider llm_provider custom_llm_provider model_provider provider_name vendor"),
    "error_class": _names("error_class error_type error_code exception_class exception_type"),
    "finish_reason": _names("finish_reason stop_reason"),
    "template_id": _names("template_id prompt_template_id prompt_template prompt_name prompt_id template"),
    "template_version": _names("template_version prompt_version"),
    "variant": ["variant", "arm"],
    "experiment": ["experiment", "experiment_id"],
}

INPUT = _names(
    "input_tokens prompt_tokens input_token_count prompt_token_count "
    "context_tokens tokens_in tokens_input tokens_prompt "
    "num_input_tokens num_prompt_tokens n_prompt_tokens "
    "n_context_tokens_total request_tokens usage_input usage_prompt"
)
OUTPUT = _names(
    "output_tokens completion_tokens generated_tokens output_token_count completion_token_count "
    "candidates_token_count tokens_out tokens_output "
    "tokens_completion num_output_tokens num_completion_tokens n_completion_tokens "
    "n_generated_tokens_total response_tokens usage_output usage_completion"
)
CACHE_READ = _names(
    "cache_read_input_tokens cached_tokens cache_read_tokens cached_input_tokens input_cached_tokens "
    "prompt_cached_tokens cache_read_input_token_count cached_content_token_count"
)
CACHE_WRITE = _names("cache_creation_input_tokens cache_write_tokens cache_creation_tokens cache_write_input_tokens")
REASONING = _names("reasoning_tokens output_reasoning_tokens thinking_tokens reasoning_output_tokens")

COST = _names("response_cost cost_usd cost usd_cost total_cost_usd request_cost spend price total_cost")
LATENCY = _names(
    "latency duration response_time request_time_taken elapsed elapsed_time response total_time time_taken took "
    "request_duration total_latency llm_latency end_to_end_latency runtime"
)
FIRST_TOKEN = _names("time_to_first_token ttft first_token first_token_latency")
STATUS = _names("status status_code http_status outcome result success ok is_success state")
ERROR = _names("error error_message exception error_str error_information")
RATING = _names("rating stars star_rating user_rating score")
THUMB = _names("thumb thumbs feedback vote user_feedback reaction")
COMMENT = _names("comment feedback_text feedback_comment")

SUMMED = (INPUT, OUTPUT, CACHE_READ, _names("usage_input_tokens_no_cache total_tokens tokens n_tokens"))
REQUESTS = _names(
    "num_model_requests n_requests num_requests request_count requests_count requests api_requests total_requests "
    "successful_requests num_calls n_calls call_count calls total_calls invocations invocation_count"
)
DAY = ["usage_date", "usage_date_utc", "day", *TIME]

DISCRIMINATOR = _names("event event_type event_name record_type action kind type name")
ID = _names("event_id request_id call_id litellm_call_id completion_id response_id message_id id uuid")

CONTENT = frozenset(
    _names(
        "prompt prompts messages message input inputs "
        "output outputs response responses completion completions content "
        "text query question answer body request "
        "instructions system_prompt user_prompt choices reply transcript comment "
        "generation api_key authorization password secret email error error_str error_message traceback exception"
    )
)
"""Names under which people's words, or secrets, are kept: not to be taken along unasked."""

GOOD = frozenset(_names("ok success successful succeeded completed complete finished done true 200 201 202 204 1"))
BAD = frozenset(_names("error failed failure fail false exception timeout timed_out cancelled canceled rejected 0"))
UP = frozenset(_names("up thumbs_up thumbsup thumb_up like liked positive good 👍 1 +1"))
DOWN = frozenset(_names("down thumbs_down thumbsdown thumb_down dislike disliked negative bad 👎 -1 0"))

SIGNALS = {
    "undo": "undo",
    "revert": "undo",
    "regenerate": "regenerate",
    "retry": "regenerate",
    "copy": "copy",
    "copied": "copy",
    "accept": "accept",
    "accepted": "accept",
    "abandon": "abandon",
}
ACTIONS = {
    "session_start": _names("session_start session_started session login signed_in"),
    "session_end": _names("session_end session_ended exit logout quit signed_out"),
    "page_view": _names("page_view pageview page"),
    "page_ping": _names("page_ping heartbeat"),
    "click": _names("click clicked"),
    "feature_used": _names("command used invoked feature feature_used"),
}
