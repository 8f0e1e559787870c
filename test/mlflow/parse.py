"""Parses answers, `[[message, answer], …]` on standard input, as MLflow's client does: protobuf's JSON, here with no name unknown.

The messages are those of mlflow/protos/service.proto, model_registry.proto and mlflow_artifacts.proto: name, type, number.
`*` is a list; s, i, d, b are string, int64, double, bool.
"""

import json
import re
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.json_format import ParseDict

PAGE = "next_page_token s2"
MESSAGES = {
    "KeyValue": "key s1 value s2",
    "Experiment": "experiment_id s1 name s2 artifact_location s3 lifecycle_stage s4 last_update_time i5 creation_time i6"
    " tags *KeyValue7",
    "RunInfo": "run_uuid s1 experiment_id s2 run_name s3 user_id s6 status RunStatus7 start_time i8 end_time i9"
    " artifact_uri s13 lifecycle_stage s14 run_id s15",
    "Metric": "key s1 value d2 timestamp i3 step i4 dataset_name s5 dataset_digest s6 model_id s7 run_id s8",
    "RunData": "metrics *Metric1 params *KeyValue2 tags *KeyValue3",
    "Dataset": "name s1 digest s2 source_type s3 source s4 schema s5 profile s6",
    "DatasetInput": "tags *KeyValue1 dataset Dataset2",
    "ModelInput": "model_id s1",
    "ModelOutput": "model_id s1 step i2",
    "RunInputs": "dataset_inputs *DatasetInput1 model_inputs *ModelInput2",
    "RunOutputs": "model_outputs *ModelOutput1",
    "Run": "info RunInfo1 data RunData2 inputs RunInputs3 outputs RunOutputs4",
    "FileInfo": "path s1 is_dir b2 file_size i3",
    "LoggedModelInfo": "model_id s1 experiment_id s2 name s3 creation_timestamp_ms i4 last_updated_timestamp_ms i5"
    " artifact_uri s6 status LoggedModelStatus7 creator_id i8 model_type s9 source_run_id s10 status_message s11"
    " tags *KeyValue12",
    "LoggedModelData": "params *KeyValue1 metrics *Metric2",
    "LoggedModel": "info LoggedModelInfo1 data LoggedModelData2",
    "ModelVersion": "name s1 version s2 creation_timestamp i3 last_updated_timestamp i4 user_id s5 current_stage s6"
    " description s7 source s8 run_id s9 status ModelVersionStatus10 status_message s11 tags *KeyValue12 run_link s13"
    " aliases *s14 model_id s15",
    "Alias": "alias s1 version s2",
    "RegisteredModel": "name s1 creation_timestamp i2 last_updated_timestamp i3 user_id s4 description s5"
    " latest_versions *ModelVersion6 tags *KeyValue7 aliases *Alias8",
    "Nothing": "",
    "ExperimentId": "experiment_id s1",
    "OneExperiment": "experiment Experiment1",
    "Experiments": f"experiments *Experiment1 {PAGE}",
    "OneRun": "run Run1",
    "OneRunInfo": "run_info RunInfo1",
    "Runs": f"runs *Run1 {PAGE}",
    "Metrics": f"metrics *Metric1 {PAGE}",
    "Artifacts": "root_uri s1 files *FileInfo2 next_page_token s3",
    "OneLoggedModel": "model LoggedModel1",
    "LoggedModels": f"models *LoggedModel1 {PAGE}",
    "OneModel": "registered_model RegisteredModel1",
    "Models": f"registered_models *RegisteredModel1 {PAGE}",
    "OneVersion": "model_version ModelVersion1",
    "Versions": f"model_versions *ModelVersion1 {PAGE}",
    "ArtifactUri": "artifact_uri s1",
}
ENUMS = {
    "RunStatus": ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"],
    "ModelVersionStatus": ["PENDING_REGISTRATION", "FAILED_REGISTRATION", "READY"],
    "LoggedModelStatus": ["LOGGED_MODEL_PENDING", "LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED"],
}
SCALARS = {"d": 1, "i": 3, "b": 8, "s": 9}
MESSAGE, ENUM, OPTIONAL, REPEATED = 11, 14, 1, 3

file = descriptor_pb2.FileDescriptorProto(name="mlflow.proto", package="mlflow", syntax="proto2")
for name, values in ENUMS.items():
    enum = file.enum_type.add(name=name)
    for at, value in enumerate(values):
        enum.value.add(name=value, number=at + 1)
for name, fields in MESSAGES.items():
    message = file.message_type.add(name=name)
    for field_name, text in zip(fields.split()[::2], fields.split()[1::2]):
        star, kind, number = re.match(r"(\*?)([A-Za-z]+?)(\d+)$", text).groups()
        field = message.field.add(name=field_name, number=int(number), label=REPEATED if star else OPTIONAL)
        field.type = SCALARS.get(kind) or (ENUM if kind in ENUMS else MESSAGE)
        if kind not in SCALARS:
            field.type_name = f".mlflow.{kind}"
pool = descriptor_pool.DescriptorPool()
pool.Add(file)


def class_of(descriptor):
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)


answers = json.load(sys.stdin)
for name, answer in answers:
    try:
        ParseDict(answer, class_of(pool.FindMessageTypeByName(f"mlflow.{name}"))(), ignore_unknown_fields=False)
    except Exception as error:
        sys.exit(f"{name}: {error}\n{json.dumps(answer)}")
print(f"{len(answers)} answers")
