// A storage account that takes identities only: there is no key to leak.
@minLength(3)
@maxLength(24)
param name string
param location string
param tags object

@description('Blob containers to make in it.')
param containers array

@description('Beginnings of blob names, container first, that are deleted when they have not changed for some days.')
param passing array = []

@description('Days until then.')
@minValue(1)
param passingDays int = 30

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: account
  name: 'default'
}

resource made 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = [
  for container in containers: {
    parent: blobs
    name: container
    properties: { publicAccess: 'None' }
  }
]

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2023-05-01' = if (!empty(passing)) {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'delete-what-passes'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: [
                'blockBlob'
              ]
              prefixMatch: passing
            }
            actions: {
              baseBlob: {
                delete: { daysAfterModificationGreaterThan: passingDays }
              }
            }
          }
        }
      ]
    }
  }
  // The service that the rule works on is made with the first container at the latest.
  dependsOn: [
    blobs
  ]
}

output name string = account.name
output blobEndpoint string = account.properties.primaryEndpoints.blob
