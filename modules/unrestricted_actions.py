"""Actions that take no resource, so that a policy can only allow them on "*".

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

# What applications ask of AWS; nothing that administers an account.
_BY_SERVICE = {
    "application-autoscaling": "DescribeScalableTargets DescribeScalingActivities DescribeScalingPolicies",
    "bedrock": "ListFoundationModels ListInferenceProfiles RetrieveAndGenerate",
    "ce": "GetCostAndUsage GetCostForecast GetDimensionValues GetTags GetUsageForecast",
    "cloudwatch": "GetMetricData GetMetricStatistics GetMetricWidgetImage ListMetrics PutMetricData",
    "cognito-idp": "ForgotPassword ConfirmForgotPassword GetUser GlobalSignOut InitiateAuth ListUserPools "
    "RespondToAuthChallenge RevokeToken SignUp ConfirmSignUp ResendConfirmationCode",
    "comprehend": "BatchDetectDominantLanguage BatchDetectEntities BatchDetectKeyPhrases BatchDetectSentiment "
    "BatchDetectSyntax BatchDetectTargetedSentiment ContainsPiiEntities DetectDominantLanguage DetectKeyPhrases "
    "DetectPiiEntities DetectSentiment DetectSyntax DetectTargetedSentiment DetectToxicContent",
    "comprehendmedical": "DetectEntitiesV2 DetectPHI InferICD10CM InferRxNorm InferSNOMEDCT",
    "dynamodb": "DescribeEndpoints DescribeLimits ListStreams ListTables",
    "ecr": "GetAuthorizationToken",
    "ecs": "DescribeTaskDefinition ListClusters ListTaskDefinitionFamilies ListTaskDefinitions",
    "kinesis": "DescribeLimits ListStreams",
    "kms": "GenerateRandom ListAliases ListKeys",
    "lambda": "GetAccountSettings ListFunctions",
    "logs": "DescribeLogGroups DescribeQueries StopQuery",
    "pricing": "DescribeServices GetAttributeValues GetProducts",
    "polly": "DescribeVoices GetSpeechSynthesisTask ListLexicons ListSpeechSynthesisTasks",
    "rekognition": "CompareFaces CreateFaceLivenessSession DetectFaces DetectLabels DetectProtectiveEquipment "
    "DetectText GetCelebrityInfo GetContentModeration GetFaceDetection GetFaceLivenessSessionResults GetLabelDetection "
    "GetSegmentDetection GetTextDetection RecognizeCelebrities StartContentModeration StartFaceDetection "
    "StartFaceLivenessSession StartLabelDetection StartSegmentDetection StartTextDetection",
    "s3": "ListAllMyBuckets",
    "secretsmanager": "GetRandomPassword",
    "servicediscovery": "DiscoverInstances",
    "ses": "GetAccount GetAccountSendingEnabled GetSendQuota GetSendStatistics ListIdentities",
    "sns": "CheckIfPhoneNumberIsOptedOut CreatePlatformEndpoint DeleteEndpoint GetEndpointAttributes GetSMSAttributes "
    "ListPhoneNumbersOptedOut ListSubscriptions ListTopics OptInPhoneNumber SetEndpointAttributes Unsubscribe",
    "sqs": "ListQueues",
    "ssm": "DescribeParameters",
    "ssmmessages": "CreateControlChannel CreateDataChannel OpenControlChannel OpenDataChannel",
    "sts": "GetCallerIdentity",
    "tag": "GetResources GetTagKeys GetTagValues",
    "textract": "AnalyzeDocument AnalyzeExpense AnalyzeID DetectDocumentText GetDocumentAnalysis "
    "GetDocumentTextDetection GetExpenseAnalysis GetLendingAnalysis GetLendingAnalysisSummary StartDocumentAnalysis "
    "StartDocumentTextDetection StartExpenseAnalysis StartLendingAnalysis",
    "transcribe": "GetCallAnalyticsJob ListTranscriptionJobs StartCallAnalyticsJob StartStreamTranscription "
    "StartStreamTranscriptionWebSocket StartTranscriptionJob",
    "translate": "DescribeTextTranslationJob ListLanguages ListTextTranslationJobs StopTextTranslationJob",
    "xray": "GetSamplingRules GetSamplingStatisticSummaries GetSamplingTargets PutSpans PutTelemetryRecords "
    "PutTraceSegments",
}

UNRESTRICTED_ACTIONS = frozenset(
    f"{service}:{name}" for service, names in _BY_SERVICE.items() for name in names.split()
)
